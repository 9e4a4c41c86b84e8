"""Planning: a forecast and the stock -> what to order now, and why."""

from .order_list import order_list
from .stock import STOCK_DEFAULTS

__all__ = ["STOCK_DEFAULTS", "order_list"]
