"""What happened to the sales on their way in: every count, for the terminal and the model's report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from shlex import quote
from typing import Any

from ..errors import ModelFolderError
from .columns import ColumnChoice
from .counted_dates import COUNTED
from .source import shown


@dataclass(frozen=True)
class ReadingReport:
    """The account of one reading. Nothing is dropped or changed that it does not count:
    `units == balance`, to rounding.

    Attributes:
        source: the file, or "the data frame".
        format: what was found out about how it is stored, as words.
        columns: what each column was taken as, and why.
        rows: read.
        units_read: their sum, returns counted negative.
        blank_rows: rows left out that hold nothing; they are none of those read.
        header_rows: rows left out that hold the names of their columns.
        total_row: what is said of a total below the last sale, which is left out too.
        ids_trimmed: ids that lost white space at their ends, or were normalised (Unicode NFC).
        until: the day after which rows were cut off.
        rows_after_until, units_after_until: what was cut off.
        rows_summed: rows that were added to another of the same product and day.
        excluded, excluded_rows, excluded_units: patterns of `exclude` and how many products each matched; their rows
            and the sum of their units.
        negative_rows, negative_units: returns; the units as a positive number, as in all that follow.
        cancelled_rows, cancelled_units: returns netted with sales of their own day.
        later_rows, later_units: returns that cancel no sale of their day, left out; netted ones are not counted here.
        days_below_zero, units_below_zero: product-days still below zero, set to zero, and by how much.
        spikes, spike_units: product-days far above what was usual, and the units above it.
        winsorized_units: of them, what was cut.
        doubts: ids that look like no products.
        void_units: of rows that are cancelled by their status.
        notes: sentences about the column of units, rows that are cancelled by their status, and columns beside these.
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
        shape: what the table was taken as, as words.
        spacing: a sentence if the sales look like sums of weeks or months.
        day_order: `day-first` or `month-first`, where that had to be told, or what the dates count, one of `COUNTED`.
        zoned: its times are written with a time zone.
        options: what is not as usual, as `ReadingOptions` takes it, with what was told from the table.
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
    blank_rows: int = 0
    header_rows: int = 0
    total_row: str | None = None
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
    shape: str = ""
    spacing: str | None = None
    day_order: str | None = None
    zoned: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    excluded: Mapping[str, int] = field(default_factory=dict)
    excluded_rows: int = 0
    excluded_units: float = 0.0
    cancelled_rows: int = 0
    cancelled_units: float = 0.0
    later_rows: int = 0
    later_units: float = 0.0
    spikes: int = 0
    spike_units: float = 0.0
    winsorized_units: float = 0.0
    doubts: tuple[str, ...] = ()
    void_units: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def balance(self) -> float:
        """What the units of the panel must be: those read, less and plus all that was done to them."""
        kept = self.units_read - self.units_after_until - self.excluded_units - self.void_units
        return kept + self.later_units + self.units_below_zero - self.winsorized_units

    def lines(self) -> list[str]:
        """The account as sentences; what did not happen has none."""
        format = f" ({self.format})" if self.format else ""
        said = [f"Read {self.rows:,} rows, {_units(self.units_read)} units, from {self.source}{format}."]
        if self.shape:
            said.append(f"Shape: {self.shape}.")
        said += [_said(choice) for choice in self.columns]
        said += [*self._written(), *self.notes]
        said.append(
            f"{self.products:,} products on {self.days:,} days, {self.first_day} to {self.last_day}:"
            f" {_units(self.units)} units, {100 * self.zero_share:.1f} % of the product-days are zero."
        )
        for count, sentence in (
            (
                self.blank_rows,
                f"Left out: {self.blank_rows:,} blank rows.",
            ),
            (
                self.header_rows,
                f"Left out: {self.header_rows:,} rows that repeat the names of the columns.",
            ),
            (
                self.total_row,
                f"Left out: {self.total_row}.",
            ),
            (
                self.rows_after_until,
                f"Cut off: {self.rows_after_until:,} rows after {self.until}, {_units(self.units_after_until)} units.",
            ),
            (
                self.ids_trimmed,
                f"{self.ids_trimmed:,} ids had white space at their ends trimmed, or accents written the usual way.",
            ),
            (
                self.rows_summed,
                f"Summed: {self.rows_summed:,} rows were added to another of the same product and day.",
            ),
            (
                self.excluded,
                f"Excluded: {self.excluded_rows:,} rows, {_units(self.excluded_units)} units, of "
                + ", ".join(f"{shown(name)} ({count:,} products)" for name, count in self.excluded.items())
                + ".",
            ),
            (
                self.doubts,
                f"Look: {len(self.doubts):,} ids look like no products: {', '.join(map(shown, self.doubts[:8]))}"
                f"{' ...' if len(self.doubts) > 8 else ''}. They are kept; to leave them out: --exclude"
                f" {quote(','.join(self.doubts[:3]))}.",
            ),
            (
                self.negative_rows,
                f"Returns: {self.negative_rows:,} rows of {_units(self.negative_units)} units;"
                f" {self.cancelled_rows:,} rows cancel {_units(self.cancelled_units)} units sold the same day.",
            ),
            (
                self.later_rows,
                f"Left out: {self.later_rows:,} rows of later returns, {_units(self.later_units)} units"
                " beyond what was sold the same day; --returns net nets them on their own day.",
            ),
            (
                self.days_below_zero,
                f"Set to zero: {self.days_below_zero:,} product-days below zero after netting;"
                f" {_units(self.units_below_zero)} returned units are left out.",
            ),
            (
                self.spikes,
                f"Spikes: {self.spikes:,} product-days far above what was usual, by {_units(self.spike_units)} units; "
                + ("cut." if self.winsorized_units else "kept; --winsorize cuts them."),
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
        if self.spacing:
            said.append(f"Look: {self.spacing}")
        if self.partial_last_day:
            said.append(f"Look: {self.partial_last_day}")
        return said

    def _written(self) -> list[str]:
        """How dates and numbers were written, where that had to be told or was given."""
        said = []
        if self.day_order in COUNTED:
            said.append(f"Dates: numbers, taken as {COUNTED[self.day_order]}.")
        elif self.day_order:
            said.append(f"Dates: the {self.day_order.split('-')[0]} comes first, the year last.")
        if zone := self.options.get("timezone"):
            said.append(f"Times: a day is one of {zone}; times without a zone are local as they are.")
        elif self.zoned:
            said.append("Times: written with a zone; a day is as it is written there (--timezone converts).")
        if self.options.get("decimal") == ",":
            said.append("Numbers: a comma stands before decimals.")
        return said

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The columns of the product's key; none for a panel."""
        return next((choice.columns for choice in self.columns if choice.role == "product"), ())

    @property
    def column_options(self) -> dict[str, Any]:
        """The arguments that read newer sales the same way; empty for a panel."""
        taken = {choice.role: choice.columns for choice in self.columns}
        if not taken:
            return {}
        chosen: dict[str, Any] = {"id_cols": taken["product"]} if "product" in taken else {}
        for name, role in (("time_col", "day"), ("target_col", "quantity")):
            if taken.get(role):
                chosen[name] = taken[role][0]
        return chosen | dict(self.options)

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
            tuples = {name: tuple(stored.get(name, ())) for name in ("doubts", "tables", "notes")}
            return cls(**{**stored, **tuples, "columns": tuple(choices)})
        except (TypeError, KeyError) as error:
            raise ModelFolderError("The stored account of the sales is not one of this version.") from error


def _said(choice: ColumnChoice) -> str:
    others = f"; also there: {', '.join(map(repr, choice.others))}" if choice.others else ""
    columns = " + ".join(map(repr, choice.columns)) or "none"
    return f"{choice.role.capitalize()}: {columns} ({choice.why}{others})."


def _units(units: float) -> str:
    return f"{units:,.0f}" if float(units).is_integer() else f"{units:,.2f}"
