"""How a model does on small shops with short histories: some products and days of the real ones.

    python -m benchmarks.small_shops --models catalog,lightgbm,same_weekday_4,mean_28 --out out/small_shops.csv
    python -m benchmarks.small_shops --many --models catalog,lightgbm --out out/many_products.csv

Each shop is cut out of a real one: products drawn by chance, the days up to `until`, the last 28 of them test days;
both tasks of the benchmark from one fit. The ends lie all over the year, as what a short history misses is the turn of
a season. What is printed is each model's errors over the better of two simple rules (the mean of the same weekday in
the last four weeks, and that of the last 28 days), as geometric means over the shops, and the worst of them. A row a
shop, model, seed and task is written; what `--out` already holds is not run again. With `--many` the shops are whole
catalogs of which a quarter of a year is known.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from benchmarks.contract import HORIZON, NEXT_DAY, HeldOut
from benchmarks.models import MODELS, make
from benchmarks.rows import Rows
from benchmarks.shops import DATA, load_shop
from shelfcast.errors import ShelfcastError
from shelfcast.evaluation.metrics import rmsse_scale, score
from shelfcast.panel import Panel

RULES = ("same_weekday_4", "mean_28")
TEST_DAYS = 28
_UNSOLD = 60  # days: a product must have sold earlier than so many before the end


@dataclass(frozen=True)
class SmallShop:
    """Of the products of `shop` that sell `least` units a day or more, `products` by chance, or all; `days` up to
    `until`.
    """

    shop: str
    least: float
    products: int | None
    days: int
    until: str

    def __str__(self) -> str:
        return f"{self.shop}, {self.products or 'all'} x {self.days} to {self.until}"

    def cut(self, whole: Panel) -> Panel:
        recent = whole.until(np.datetime64(self.until)).tail(self.days)
        sold = recent.sales > 0
        known = sold[:, : self.days - _UNSOLD].any(axis=1) & (recent.sales.mean(axis=1) >= self.least)
        if self.products is None:
            return recent.select(recent.products[known])
        draws = np.random.default_rng(self.days + self.products)
        rows = np.sort(draws.choice(np.flatnonzero(known), self.products, replace=False))
        return recent.select(recent.products[rows])


SHOPS = (
    SmallShop("store_item", 0, 10, 180, "2015-03-15"),
    SmallShop("store_item", 0, 20, 180, "2016-07-24"),
    SmallShop("store_item", 0, 20, 180, "2016-10-30"),
    SmallShop("store_item", 0, 20, 120, "2015-12-20"),
    SmallShop("store_item", 0, 50, 270, "2014-09-21"),
    SmallShop("store_item", 0, 10, 365, "2016-02-07"),
    SmallShop("store_item", 0, 20, 365, "2017-07-09"),
    SmallShop("store_item", 0, 50, 450, "2015-11-29"),
    SmallShop("store_item", 0, 20, 730, "2016-09-04"),
    SmallShop("m5_items", 5, 30, 180, "2014-04-06"),
    SmallShop("m5_items", 1, 40, 120, "2015-05-24"),
    SmallShop("m5_items", 1, 60, 270, "2013-08-11"),
    SmallShop("m5_items", 5, 30, 365, "2015-07-05"),
    SmallShop("m5_items", 20, 30, 730, "2015-03-01"),
    SmallShop("m5_CA_1", 1, 40, 180, "2014-06-29"),
    SmallShop("m5_CA_1", 0.5, 100, 365, "2015-09-06"),
    SmallShop("online_retail", 3, 100, 160, "2011-05-15"),
)

MANY = (
    SmallShop("store_item", 0, None, 118, "2014-04-27"),
    SmallShop("store_item", 0, None, 118, "2016-08-07"),
    SmallShop("store_item", 0, None, 118, "2015-11-01"),
    SmallShop("m5_items", 0, None, 118, "2012-09-23"),
    SmallShop("m5_items", 0, None, 118, "2013-03-10"),
    SmallShop("m5_items", 0, None, 118, "2015-07-26"),
    SmallShop("m5_CA_1", 0, None, 118, "2012-05-27"),
    SmallShop("m5_CA_1", 0, None, 118, "2013-10-20"),
    SmallShop("m5_CA_1", 0, None, 118, "2014-12-14"),
    SmallShop("online_retail", 0, None, 118, "2011-05-30"),
)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.small_shops", description=__doc__.split("\n")[0])
    parser.add_argument("--models", default=",".join(("catalog", *RULES)), metavar="A,B")
    parser.add_argument("--many", action="store_true", help="many products, a quarter of a year of each")
    parser.add_argument("--shops", default="", metavar="A,B", help="of these shops alone, such as store_item")
    parser.add_argument("--seeds", type=int, default=1, metavar="N")
    parser.add_argument("--data", type=Path, default=DATA, metavar="DIR")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.csv")
    arguments = parser.parse_args(argv)
    torch.set_num_threads(1)
    shops = MANY if arguments.many else SHOPS
    models = list(dict.fromkeys([*arguments.models.split(","), *RULES]))
    wanted = set(arguments.shops.split(",")) - {""}
    try:
        if unknown := set(models) - MODELS.keys() | wanted - {small.shop for small in shops}:
            raise ShelfcastError(f"There is no {', '.join(sorted(unknown))} here.")
        chosen = [small for small in shops if small.shop in wanted or not wanted]
        measure(arguments.out, chosen, models, arguments)
    except ShelfcastError as error:
        print(f"small_shops: {error}", file=sys.stderr)
        return 2
    table = pd.read_csv(arguments.out)  # which may hold more
    table = table[table["small_shop"].isin(map(str, chosen)) & table["model"].isin(models)]
    print(over_rules(table).to_string(index=False, float_format="%.3f"))
    return 0


def measure(out: Path, shops: Sequence[SmallShop], models: Sequence[str], arguments: argparse.Namespace) -> None:
    """Adds the rows that the table does not hold."""
    load = cache(lambda name: load_shop(name, arguments.data))
    rows = Rows(out)
    for small in shops:
        for model in models:
            for seed in range(arguments.seeds if MODELS[model].seeded else 1):
                key = {"small_shop": str(small), "model": model, "seed": seed}
                rows.of(key, lambda: run(small.cut(load(small.shop)), model, seed))  # noqa: B023  called at once


def run(panel: Panel, name: str, seed: int) -> Iterator[dict[str, Any]]:
    """A row for each task, errors of the median where there is one, else of the mean, and CPU seconds of the fit."""
    history, known, test = HeldOut.of(panel, TEST_DAYS)
    model, begun = make(name, seed, TEST_DAYS), time.process_time()
    model.fit(history)
    fit_s = time.process_time() - begun
    said = {HORIZON: model.ahead(history, TEST_DAYS), NEXT_DAY: model.next_day(known, TEST_DAYS)}
    for task, forecast in said.items():
        scores = score(test.sales, forecast.mean, test.observed, rmsse_scale(history.sales), forecast.median)
        told = {"mae": scores.mae, "rmse": scores.rmse, "bias_share": scores.bias_share}
        yield {"task": task} | told | {"cpu_fit_s": round(fit_s, 1)}


def over_rules(table: pd.DataFrame) -> pd.DataFrame:
    """`model, task, shops, mae, rmse, worst_mae, worst_rmse`: over the better simple rule of each shop and task."""
    place = ["small_shop", "task"]
    best = table[table["model"].isin(RULES)].groupby(place, as_index=False)[["mae", "rmse"]].min()
    mean = table.groupby([*place, "model"], as_index=False)[["mae", "rmse"]].mean()
    both = mean.merge(best, on=place, suffixes=("", "_of_rule"))
    rows = []
    for (model, task), of in both.groupby(["model", "task"]):
        ratios = {name: of[name] / of[f"{name}_of_rule"] for name in ("mae", "rmse")}
        middle = {name: float(np.exp(np.log(ratio).mean())) for name, ratio in ratios.items()}
        worst = {f"worst_{name}": float(ratio.max()) for name, ratio in ratios.items()}
        rows.append({"model": model, "task": task, "shops": len(of)} | middle | worst)
    return pd.DataFrame(rows)


if __name__ == "__main__":
    sys.exit(main())
