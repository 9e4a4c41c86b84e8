"""What sales look like before anything is trained: findings about the shop, and how forecastable each product is."""

from .check import Check, check_sales
from .findings import Finding
from .pattern import Pattern, patterns

__all__ = ["Check", "Finding", "Pattern", "check_sales", "patterns"]
