"""How sales are written, and what of them counts: what a user may say about it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, TypedDict
from zoneinfo import ZoneInfo

import numpy as np

from ..errors import SalesError
from .counted_dates import COUNTS
from .dates import ORDERS
from .numbers import DECIMALS
from .source import shown

RETURNS = ("leave-out", "net")


class ReadingArguments(TypedDict, total=False):
    """`ReadingOptions` as arguments of a function."""

    date_format: str | None
    timezone: str | None
    start_date: str | None
    decimal: str | None
    returns: str
    exclude: Sequence[str]
    winsorize: bool
    count_lines: bool


@dataclass(frozen=True)
class ReadingOptions:
    """How a reading goes, where the table itself does not tell.

    Attributes:
        date_format: `day-first`, `month-first`; `excel` or `unix`, which count days or seconds; or a pattern such as
            `%d/%m/%Y %H:%M`.
        timezone: where the shop is, as `Europe/Berlin`: times that are written with a zone become local ones.
        start_date: the day of number 1, where days are numbered, `YYYY-MM-DD`.
        decimal: the mark before decimals, `.` or `,`.
        returns: `leave-out`: returns of earlier days are counted and left out; `net`: they are netted on their own
            day. Those cancelled on the day of their sale are netted either way.
        exclude: products that are none: ids, patterns with `*`, `?` and `[...]`, or `re:` and a regular expression.
        winsorize: spikes are cut to what is usual.
        count_lines: each line counts as one unit, as on receipts without a quantity.

    Raises:
        SalesError: one cannot be understood.
    """

    date_format: str | None = None
    timezone: str | None = None
    start_date: str | None = None
    decimal: str | None = None
    returns: str = RETURNS[0]
    exclude: Sequence[str] = ()
    winsorize: bool = False
    count_lines: bool = False

    def __post_init__(self) -> None:
        exclude = tuple([self.exclude] if isinstance(self.exclude, str) else self.exclude)
        object.__setattr__(self, "exclude", exclude)
        if self.date_format not in (None, *ORDERS, *COUNTS) and "%" not in str(self.date_format):
            raise SalesError(
                f"{shown(self.date_format)} is no way to write dates.",
                "Give day-first, month-first, excel, unix or a pattern such as %d/%m/%Y.",
            )
        if self.timezone is not None:
            _check_zone(self.timezone)
        if self.start_date is not None:
            day_of(self.start_date, "start on")
        if self.decimal not in (None, *DECIMALS):
            raise SalesError(f"{shown(self.decimal)} is no decimal mark.", "Give --decimal . or --decimal ,")
        if self.returns not in RETURNS:
            raise SalesError(
                f"There is no way {shown(self.returns)} to treat returns.", f"Those: {', '.join(RETURNS)}."
            )
        for pattern in exclude:
            if pattern.startswith("re:"):
                try:
                    re.compile(pattern[3:])
                except re.error as error:
                    raise SalesError(
                        f"{shown(pattern)} is no regular expression: {error}.", "Correct what stands behind re:."
                    ) from error

    @property
    def start(self) -> np.datetime64 | None:
        return None if self.start_date is None else day_of(self.start_date, "start on")

    def to_dict(self) -> dict[str, Any]:
        """What is not as usual, as JSON has it."""
        usual = ReadingOptions()
        said = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != getattr(usual, f.name)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in said.items()}


def day_of(text: str, what: str) -> np.datetime64:
    """The day of `YYYY-MM-DD`.

    Raises:
        SalesError: it is none.
    """
    try:
        return np.datetime64(date.fromisoformat(str(text)), "D")
    except ValueError as error:
        raise SalesError(f"{shown(text)} is no day to {what}.", "Write it as YYYY-MM-DD.") from error


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:  # ZoneInfoNotFoundError is a KeyError
        raise SalesError(f"The time zone {shown(name)} is not known here.", "Write it as Europe/Berlin.") from error
