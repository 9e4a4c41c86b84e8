"""Reading: files, databases and frames of sales -> the panel, with an account of everything that was done to them."""

from .account import ReadingReport
from .files import open_source
from .limits import Limits
from .read import read_sales
from .source import Source

__all__ = ["Limits", "ReadingReport", "Source", "open_source", "read_sales"]
