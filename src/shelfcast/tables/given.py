"""What a shop knows besides its sales, as tables: prices, promotions, events, products, stock.

    --prices       future   a price a product and day, week or change; who is listed
    --promotions   future   numbers or flags a day, of products, of groups of them or of the shop
    --events       future   days with a name; with them the public holidays of --holidays
    --products     static   facts of a product; when it is listed
    --stock        past     stock or a flag: the days on which a product was sold out

The prices of receipts (rows with a quantity beside the price) are of role past: what is told of a day is the last
price before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, TypedDict

import pandas as pd

from ..errors import ModelFolderError, SalesError
from ..reading.source import shown

Table = str | Path | pd.DataFrame


class PlanArguments(TypedDict, total=False):
    """What `Tables` tell of days ahead, as arguments of a function."""

    prices: Table | None
    promotions: Table | None
    events: Table | None
    holidays: Sequence[str]
    fill_prices: str | None
    fill_promotions: str | None


class TableArguments(PlanArguments, total=False):
    """`Tables` as arguments of a function."""

    products: Table | None
    stock: Table | None


@dataclass(frozen=True)
class Tables:
    """What is known besides the sales; each a path or a frame.

    Attributes:
        prices, promotions, events, products, stock: as drawn above.
        holidays: countries whose public holidays are events, with a region if wanted: `DE`, `US-CA`.
        fill_prices: `last`: days beyond the price list keep each product's last price.
        fill_promotions: `none`: days beyond the promotion plan have no promotion.
    """

    prices: Table | None = None
    promotions: Table | None = None
    events: Table | None = None
    products: Table | None = None
    stock: Table | None = None
    holidays: Sequence[str] = ()
    fill_prices: str | None = None
    fill_promotions: str | None = None

    def __post_init__(self) -> None:
        for name, rule in (("fill_prices", "last"), ("fill_promotions", "none")):
            if getattr(self, name) not in (None, rule):
                raise SalesError(
                    f"There is no rule {shown(getattr(self, name))} of {name}.", f"The one there is: {rule}."
                )
        codes = [self.holidays] if isinstance(self.holidays, str) else self.holidays
        object.__setattr__(self, "holidays", tuple(code.strip() for of in codes for code in of.split(",")))

    @property
    def rules(self) -> Tables:
        """What goes on to hold for the forecasts of a model: holidays and how days ahead are filled."""
        return Tables(holidays=self.holidays, fill_prices=self.fill_prices, fill_promotions=self.fill_promotions)

    def with_rules(self, rules: Tables) -> Tables:
        """These, and where they say nothing the rules."""
        return replace(
            self,
            holidays=rules.holidays or self.holidays,
            fill_prices=self.fill_prices or rules.fill_prices,
            fill_promotions=self.fill_promotions or rules.fill_promotions,
        )

    def to_dict(self) -> dict[str, Any]:
        """The rules, as JSON has them."""
        return {
            "holidays": list(self.holidays),
            "fill_prices": self.fill_prices,
            "fill_promotions": self.fill_promotions,
        }

    @classmethod
    def from_dict(cls, stored: Any) -> Tables:
        """The rules that `to_dict` gave, also from JSON.

        Raises:
            ModelFolderError: they are no such rules.
        """
        if not isinstance(stored, dict) or stored.keys() != cls().to_dict().keys():
            raise ModelFolderError("The stored rules of the tables are not those of this version.")
        codes = stored["holidays"]
        if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
            raise ModelFolderError("The stored holidays are no list of countries.")
        return cls(**stored)

    @property
    def given(self) -> bool:
        """There is a table or a holiday calendar."""
        return any(getattr(self, f.name) is not None for f in fields(self)[:5]) or bool(self.holidays)
