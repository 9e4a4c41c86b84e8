"""How large a table may be: what a slip or an attack would make of memory and time is refused before it is read."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from ..errors import LimitError

_COUNTED = {
    "file_size": "{:,.0f} bytes",
    "rows": "{:,.0f} rows",
    "columns": "{:,.0f} columns",
    "field_length": "a field of {:,.0f} characters",
    "compression_ratio": "{:,.0f} bytes from each packed one",
    "years": "dates that span {:,.0f} years",
}
_SIZES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


@dataclass(frozen=True)
class Limits:
    """The most that is read; beyond each is a `LimitError` that says what was found and how to raise it.

    Attributes:
        file_size: bytes of a file, and of what is unpacked from it.
        rows: of a table.
        columns: of a table.
        field_length: characters of a column's name, or of a value of a column that is read.
        compression_ratio: bytes unpacked from one byte of a packed file of more than a few megabytes.
        years: from the first date to the last.

    Raises:
        LimitError: one is no whole number above 0.
    """

    file_size: int = 20 * 10**9
    rows: int = 500_000_000
    columns: int = 50_000
    field_length: int = 100_000
    compression_ratio: int = 200
    years: int = 100

    def __post_init__(self) -> None:
        for name in _COUNTED:
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise LimitError(f"The limit {name} cannot be {value!r}.", "Give a whole number above 0.")

    def check(self, source: str, name: str, found: float) -> None:
        """Does nothing where `found` is within the limit `name`.

        Raises:
            LimitError: it is beyond.
        """
        limit = getattr(self, name)
        if found > limit:
            counted = _COUNTED[name]
            raise LimitError(
                f"{source} holds {counted.format(found)}; the limit is {limit:,}.",
                f"If the file is right, raise the limit: --limit {name}={_above(found)},"
                f" in Python Limits({name}={_above(found)}).",
            )

    @classmethod
    def parse(cls, settings: Sequence[str]) -> Limits:
        """The usual limits with others in place of some: `["rows=2000", "file_size=50G"]`.

        Raises:
            LimitError: there is no such limit, or its value is no number.
        """
        limits = cls()
        names = [field.name for field in fields(cls)]
        for setting in settings:
            name, _, value = setting.partition("=")
            name = name.strip().replace("-", "_")
            found = re.fullmatch(r"\s*([0-9][0-9_]*)\s*([kmgt]?)b?\s*", value, flags=re.IGNORECASE)
            if name not in names or found is None:
                raise LimitError(
                    f"{setting!r} sets no limit.", f"Write NAME=NUMBER, as rows=2000000; names: {', '.join(names)}."
                )
            limits = replace(limits, **{name: int(found[1]) * _SIZES[found[2].lower()]})
        return limits


USUAL_LIMITS = Limits()


def _above(found: float) -> int:
    """A round number not below what was found."""
    most = math.ceil(found)
    unit: int = 10 ** max(len(str(most)) - 2, 0)
    return math.ceil(most / unit) * unit
