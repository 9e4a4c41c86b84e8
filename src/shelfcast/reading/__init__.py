"""Reading: files and frames of sales -> the panel, with an account of everything that was done to them."""

from .account import ReadingReport
from .read import read_sales

__all__ = ["ReadingReport", "read_sales"]
