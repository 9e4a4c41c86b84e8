"""Writing: the door out. A table into a file, whole or not at all."""

from .cells import escape_cells, restore_cells
from .files import write_table

__all__ = ["escape_cells", "restore_cells", "write_table"]
