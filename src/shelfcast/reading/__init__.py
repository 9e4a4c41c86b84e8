"""Reading: files, databases and frames of sales -> the panel, with an account of everything that was done to them."""

from .account import ReadingReport
from .files import open_source
from .limits import Limits
from .read import read_sales

__all__ = ["Limits", "ReadingReport", "open_source", "read_sales"]
