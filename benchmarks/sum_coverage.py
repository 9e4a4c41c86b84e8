"""How often the interval of a sum of days holds what was sold: over all products, and in each class of demand.

    python -m benchmarks.sum_coverage --shop m5_items --blocks 3 [--shop sample --seeds 5] [--out out/coverage.csv]

    |--- fitted, scored, refitted: all that the forecaster knows ---|---- measured days ----|
                         |-- test days: errors of sums --|          o - - > 7   o - - > 7
                                                                    o - - - - - > 14

A forecaster is fitted on the days before the measured ones as `shelfcast train` does it; its errors of cumulated
forecasts come from its own test days, which lie before the measured ones too. Then it forecasts from an origin every
week, told the sales up to there. Classes are those of the days before the measured ones. A sum counts where the product
is in stock on all its days; on the sample shop what was asked for counts, in stock or not. The first block of measured
days is the last of the shop, the next one ends the day before that one begins; each has a forecaster of its own.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.shops import DATA, SHOPS, load_shop
from shelfcast import Forecaster, Panel, sample_shop
from shelfcast.errors import RecipeError
from shelfcast.evaluation.cumulated import class_rows
from shelfcast.evaluation.metrics import Doubles, Flags
from shelfcast.evaluation.verdict import DemandClass
from shelfcast.writing import write_table

MEASURED, TEST_DAYS = 56, 84
LENGTHS = (7, 14)
SHARE = 0.8


@dataclass(frozen=True, eq=False)
class Demand:
    """A shop, and what was asked for: `units [N, T]`, `counts [N, T]` where that is known."""

    panel: Panel
    units: Doubles
    counts: Flags

    def without(self, days: int) -> Demand:
        """The same shop that many days earlier."""
        T = len(self.panel.dates) - days
        return Demand(self.panel.until(self.panel.dates[T - 1]), self.units[:, :T], self.counts[:, :T])

    @classmethod
    def of(cls, name: str, seed: int, data: Path) -> Demand:
        if name != "sample":
            panel = load_shop(name, data)
            return cls(panel, panel.sales.astype(np.float64), panel.observed)
        shop = sample_shop(seed=seed)
        return cls(shop.panel, shop.demand.astype(np.float64), shop.panel.on_sale)


def measure(demand: Demand, seed: int) -> pd.DataFrame:
    """A row a sum of the last days: `days, class, held, below` (it lies under the interval)."""
    panel, T = demand.panel, len(demand.panel.dates)
    known = panel.until(panel.dates[T - MEASURED - 1])
    forecaster = Forecaster("catalog", device="cpu", seed=seed).fit(known, test_days=TEST_DAYS)
    errors, classes = forecaster.cumulated, class_rows(known)
    if errors is None:
        raise RecipeError("The recipe has no errors of cumulated forecasts.")
    longest, tables = max(LENGTHS), []
    for origin in range(T - MEASURED - 1, T - longest, 7):
        table = forecaster.predict(panel.until(panel.dates[origin]), horizon=longest)
        mean = table["mean"].to_numpy(dtype=np.float64).reshape(-1, longest)
        launched = panel.on_sale[:, : T - MEASURED].any(axis=1)
        for days in LENGTHS:
            ahead = slice(origin + 1, origin + 1 + days)
            rows = np.flatnonzero(demand.counts[:, ahead].all(axis=1) & launched)
            forecast = mean[rows, :days].sum(axis=1)
            sums = errors.sums(forecast, classes[rows], np.full(len(rows), days))
            low, high = errors.interval(sums, SHARE)
            sold = demand.units[rows, ahead].sum(axis=1)
            names = np.array(list(DemandClass))[classes[rows]]
            held = (sold >= low) & (sold <= high)
            found = {"days": days, "class": names, "held": held, "below": sold < low, "width": high - low}
            tables.append(pd.DataFrame(found).assign(forecast=forecast, sold=sold))
    return pd.concat(tables, ignore_index=True)


def show(shop: str, block: str, sums: pd.DataFrame) -> pd.DataFrame:
    """A row a length and class, and one over all: how many sums, the share held, the share below, the bias."""
    rows = []
    for days in LENGTHS:
        of_length = sums[sums["days"] == days]
        for name in ("all", *(str(kind) for kind in DemandClass)):
            of = of_length if name == "all" else of_length[of_length["class"] == name]
            if len(of):
                bias = of["forecast"].sum() / max(of["sold"].sum(), 1e-9) - 1
                held, below = of["held"].mean(), of["below"].mean()
                row = {
                    "shop": shop,
                    "block": block,
                    "days": days,
                    "class": name,
                    "sums": len(of),
                    "held": held,
                    "below": below,
                }
                rows.append(row | {"bias": bias})
    return pd.DataFrame(rows)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sum_coverage", description=__doc__.splitlines()[0])
    parser.add_argument("--shop", action="append", choices=SHOPS, required=True)
    parser.add_argument("--seeds", type=int, default=1, help="of training, and of the sample shop")
    parser.add_argument("--blocks", type=int, default=1, help="of measured days, back from the last day")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--out", type=Path, help="write the table to this .csv")
    arguments = parser.parse_args()
    tables = []
    for shop in arguments.shop:
        of_shop: list[pd.DataFrame] = []
        demands = [Demand.of(shop, seed, arguments.data) for seed in range(arguments.seeds)]
        for block in range(arguments.blocks):
            sums = [measure(whole.without(block * MEASURED), seed) for seed, whole in enumerate(demands)]
            of_shop.append(pd.concat(sums, ignore_index=True))
            tables.append(show(shop, str(block), of_shop[-1]))
            print(tables[-1].to_string(index=False, float_format=lambda number: f"{number:.3f}"), flush=True)
        if arguments.blocks > 1:
            tables.append(show(shop, "all", pd.concat(of_shop, ignore_index=True)))
            print(tables[-1].to_string(index=False, float_format=lambda number: f"{number:.3f}"), flush=True)
    if arguments.out is not None:
        write_table(pd.concat(tables, ignore_index=True), arguments.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
