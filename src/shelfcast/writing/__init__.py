"""Writing: the door out. A table into a file or a database, whole or not at all."""

from .cells import escape_cells
from .database import write_forecasts
from .files import write_table

__all__ = ["escape_cells", "write_forecasts", "write_table"]
