"""Text that a spreadsheet would run as a formula, made harmless by an apostrophe before it."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

# What starts a formula in Excel, LibreOffice or Google Sheets (OWASP, CSV Injection). An apostrophe before one of
# them counts too, so that what was there can be told from what was written.
_FIRST = "'=+-@\t\r"
_RUN = re.compile(r"\A('*[=+\-@\t\r])")


def escape_cells(table: pd.DataFrame) -> pd.DataFrame:
    """The table as it may be opened in a spreadsheet: texts and column names that would run have a `'` before them.

    Numbers, dates and truth values stay what they are.
    """

    def escaped(value: Any) -> Any:
        may_run = isinstance(value, str) and value[:1] in _FIRST  # of most texts that is all that is looked at
        return _RUN.sub(r"'\1", value) if may_run else value

    changed = table.copy(deep=False)
    for name, kind in table.dtypes.items():
        if not (pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_datetime64_any_dtype(kind)):
            changed[name] = table[name].astype(object).map(escaped)
    changed.columns = table.columns.map(escaped)
    return changed
