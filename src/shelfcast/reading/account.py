"""What happened to the sales on their way in: every count, for the terminal and the model's report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..errors import ModelFolderError
from .columns import ColumnChoice


@dataclass(frozen=True)
class ReadingReport:
    """The account of one reading. Nothing is dropped or changed that it does not count:
    `units == units_read - units_after_until + units_below_zero`, to rounding.

    Attributes:
        source: the file, or "the data frame".
        format: what was found out about how it is stored, as words.
        columns: what each column was taken as, and why.
        rows: read.
        units_read: their sum, returns counted negative.
        ids_trimmed: ids that lost white space at their ends.
        until: the day after which rows were cut off.
        rows_after_until, units_after_until: what was cut off.
        rows_summed: rows that were added to another of the same product and day.
        negative_rows, negative_units: returns, netted on their own day; the units as a positive number.
        days_below_zero, units_below_zero: product-days still below zero, set to zero, and by how much.
        products, first_day, last_day, days: of the panel.
        products_never_sold: products of the panel without a sale.
        filled: product-days without a row, set to zero.
        days_without_rows: days of the panel without a row of any product.
        zero_share: part of the product-days whose sales are zero, 0 to 1.
        units: of the panel.
        closed, closed_days: product-days on which their store sold nothing, and days on which all stores did.
        unknown: product-days after so long a silence that nobody knows whether the product is still on sale.
        tables: what was taken from tables beside the sales, as sentences.
        partial_last_day: a sentence if the last day looks cut short.
    """

    source: str
    columns: tuple[ColumnChoice, ...]
    rows: int
    units_read: float
    products: int
    products_never_sold: int
    first_day: str
    last_day: str
    days: int
    zero_share: float
    units: float
    partial_last_day: str | None
    format: str = ""
    until: str | None = None
    rows_after_until: int = 0
    units_after_until: float = 0.0
    ids_trimmed: int = 0
    rows_summed: int = 0
    negative_rows: int = 0
    negative_units: float = 0.0
    days_below_zero: int = 0
    units_below_zero: float = 0.0
    filled: int = 0
    days_without_rows: int = 0
    closed: int = 0
    closed_days: int = 0
    unknown: int = 0
    tables: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """The account as sentences; what did not happen has none."""
        format = f" ({self.format})" if self.format else ""
        said = [f"Read {self.rows:,} rows, {_units(self.units_read)} units, from {self.source}{format}."]
        said += [_said(choice) for choice in self.columns]
        said.append(
            f"{self.products:,} products on {self.days:,} days, {self.first_day} to {self.last_day}:"
            f" {_units(self.units)} units, {self.zero_share:.1%} of the product-days are zero."
        )
        for count, sentence in (
            (
                self.rows_after_until,
                f"Cut off: {self.rows_after_until:,} rows after {self.until}, {_units(self.units_after_until)} units.",
            ),
            (self.ids_trimmed, f"White space was trimmed from {self.ids_trimmed:,} ids."),
            (
                self.rows_summed,
                f"Summed: {self.rows_summed:,} rows were added to another of the same product and day.",
            ),
            (
                self.negative_rows,
                f"Returns: {self.negative_rows:,} rows of {_units(self.negative_units)} units,"
                " netted on their own day.",
            ),
            (
                self.days_below_zero,
                f"Set to zero: {self.days_below_zero:,} product-days below zero after netting;"
                f" {_units(self.units_below_zero)} returned units are left out.",
            ),
            (
                self.filled,
                f"Filled: {self.filled:,} product-days without a row, with zero;"
                " up to its first sale a product counts as not on sale.",
            ),
            (
                self.days_without_rows,
                f"Of them {self.days_without_rows:,} whole days, on which no product has a row.",
            ),
            (
                self.closed,
                f"Closed: {self.closed:,} product-days on which the store sold nothing"
                f" ({self.closed_days:,} days of the whole shop); they are no zeros of demand.",
            ),
            (
                self.unknown,
                f"Silent: {self.unknown:,} product-days after so long without a sale that the product may be gone;"
                " they are unknown, not zero.",
            ),
            (self.products_never_sold, f"{self.products_never_sold:,} products never sold a unit."),
        ):
            if count:
                said.append(sentence)
        said += self.tables
        if self.partial_last_day:
            said.append(f"Look: {self.partial_last_day}")
        return said

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The columns of the product's key; none for a panel."""
        return next((choice.columns for choice in self.columns if choice.role == "product"), ())

    @property
    def column_options(self) -> dict[str, Any]:
        """`id_cols`, `time_col` and `target_col` that read newer sales the same way; empty for a panel."""
        taken = {choice.role: choice.columns for choice in self.columns}
        if not taken:
            return {}
        return {"id_cols": taken["product"], "time_col": taken["day"][0], "target_col": taken["quantity"][0]}

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as JSON has them."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> ReadingReport:
        """The report that `to_dict` gave, also from JSON.

        Raises:
            ModelFolderError: it is no such report.
        """
        try:
            choices = [
                ColumnChoice(c["role"], tuple(c["columns"]), c["why"], tuple(c["others"])) for c in stored["columns"]
            ]
            return cls(**{**stored, "columns": tuple(choices), "tables": tuple(stored.get("tables", ()))})
        except (TypeError, KeyError) as error:
            raise ModelFolderError("The stored account of the sales is not one of this version.") from error


def _said(choice: ColumnChoice) -> str:
    others = f"; also there: {', '.join(map(repr, choice.others))}" if choice.others else ""
    columns = " + ".join(map(repr, choice.columns)) or "none"
    return f"{choice.role.capitalize()}: {columns} ({choice.why}{others})."


def _units(units: float) -> str:
    return f"{units:,.0f}" if float(units).is_integer() else f"{units:,.2f}"
