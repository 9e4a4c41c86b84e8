"""The side door: tables of what a shop knows besides its sales -> what the panel knows."""

from .given import PlanArguments as PlanArguments
from .given import TableArguments as TableArguments
from .given import Tables as Tables
from .known import add_tables as add_tables
