"""The side door: tables of what a shop knows besides its sales -> what the panel knows."""

from .known import add_tables as add_tables
from .rows import PlanArguments as PlanArguments
from .rows import TableArguments as TableArguments
from .rows import Tables as Tables
