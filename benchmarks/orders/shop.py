"""The shop that is run: its terms, its record, and what a rule's orders cost it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shelfcast import SampleShop, sample_shop
from shelfcast.evaluation.metrics import Doubles, Flags
from shelfcast.panel import Panel, Status

PRODUCTS, HISTORY, DAYS = 100, 730, 180
GROUPS = {"bakery": (3, 1, 1), "produce": (5, 1, 2), "dairy": (12, 2, 3), "others": (0, 3, 7)}  # shelf life 0: no end
COST_SHARE = 0.6  # of the usual price
CARRYING = 0.30  # of the unit cost, a year
PACK, FAST = 6.0, 2.0  # units; units a day
LOOKED_BACK = 84  # days

Whole = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Shop:
    """The shop and its terms; arrays `[N]` but for `demand [N, HISTORY + DAYS]`."""

    sample: SampleShop
    demand: Doubles
    group: NDArray[np.str_]
    life: Whole
    lead: Whole
    review: Whole
    pack: Doubles
    cost: Doubles
    margin: Doubles
    start: Doubles

    @classmethod
    def of(cls, seed: int) -> Shop:
        sample = sample_shop(PRODUCTS, HISTORY + DAYS, seed, launches=False)
        category = sample.panel.attributes["category"]
        group = np.where(np.isin(category, list(GROUPS)), category, "others")
        life, lead, review = np.array([GROUPS[name] for name in group.tolist()]).T
        price = np.median(sample.price[:, :HISTORY], axis=1).astype(np.float64)
        mean = sample.panel.sales[:, HISTORY - LOOKED_BACK : HISTORY].mean(axis=1, dtype=np.float64)
        return cls(
            sample,
            sample.demand.astype(np.float64),
            group,
            life,
            lead,
            review,
            pack=np.where(mean >= FAST, PACK, 1.0),
            cost=COST_SHARE * price,
            margin=(1 - COST_SHARE) * price,
            start=np.ceil(mean * (lead + review)),
        )

    @property
    def span(self) -> Whole:
        total: Whole = self.lead + self.review
        return total


@dataclass(eq=False)
class Record:
    """What a shop has on record: `sales [N, T]`, and `empty [N, T]`, the shelves that were empty in the evening."""

    sales: Doubles
    empty: Flags

    @classmethod
    def of(cls, panel: Panel) -> Record:
        return cls(panel.sales.astype(np.float64), panel.status == Status.SOLD_OUT)

    def grown(self, sales: Doubles, empty: Flags) -> Record:
        return Record(np.column_stack([self.sales, sales]), np.column_stack([self.empty, empty]))


# a rule: the day (its evening), the record so far, units in stock or on the way, the loss of a unit left -> [N] units
Rule = Callable[[int, Record, Doubles, Doubles], Doubles]


def simulate(shop: Shop, rule: Rule, record: Record, days: range, loss: Doubles, own_record: bool) -> pd.DataFrame:
    """A row a product: `holding, lost, waste` (money), `asked, sold` (units), of these days of the shop.

    Args:
        record: of the days before them, or, if not `own_record`, of all days that the rule is to see: as they were sold
            by the old buyer.
    """
    N, oldest = len(shop.demand), int(shop.life.max())
    shelf = np.zeros((N, oldest))  # by age; what has no end stays at age 0
    shelf[:, 0] = shop.start
    due = np.zeros((N, int(shop.lead.max()) + 2))
    holding, lost, waste, asked, sold_units = (np.zeros(N) for _ in range(5))
    perishes = shop.life > 0
    offset = np.arange(N) % shop.review
    for day in days:
        due = np.roll(due, -1, axis=1)
        shelf[:, 0] += due[:, 0]
        due[:, 0] = 0
        want = shop.demand[:, day]
        there = shelf.sum(axis=1)
        sold = np.minimum(want, there)
        left = sold.copy()
        for age in reversed(range(oldest)):  # the oldest first
            taken = np.minimum(shelf[:, age], left)
            shelf[:, age] -= taken
            left -= taken
        lost += (want - sold) * shop.margin
        asked += want
        sold_units += sold
        evening = shelf.sum(axis=1)
        empty = evening <= 0
        old = shelf[np.arange(N), np.maximum(shop.life, 1) - 1] * perishes
        waste += old * shop.cost
        shelf[np.arange(N), np.maximum(shop.life, 1) - 1] -= old
        aged = np.roll(shelf, 1, axis=1)
        aged[:, 0] = 0
        shelf = np.where(perishes[:, None], aged, shelf)
        holding += shelf.sum(axis=1) * shop.cost * CARRYING / 365
        seen = record
        if own_record:
            record = seen = record.grown(sold, empty)
        else:
            seen = Record(record.sales[:, : day + 1], record.empty[:, : day + 1])
        order = rule(day, seen, shelf.sum(axis=1) + due.sum(axis=1), loss)
        today = day % shop.review == offset
        due[np.arange(N), shop.lead + 1] += order * today
    return pd.DataFrame(
        {"group": shop.group, "holding": holding, "lost": lost, "waste": waste, "asked": asked, "sold": sold_units}
    )
