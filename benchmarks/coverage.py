"""How often `catalog`'s intervals hold what was sold, each day: the next day, and all days from one origin.

    python -m benchmarks.coverage --shops sample,store_item,m5_CA_1 [--test-days 28] [--until DATE] --out FILE.csv

Fitted and calibrated on the days before the test days, as `shelfcast train` does it for its scores. A row of the table
is a shop, task and interval: the share of the observed product-days within it, and below and above it. What `--out`
already holds is not run again.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from benchmarks.contract import HORIZON, NEXT_DAY, HeldOut
from benchmarks.rows import Rows
from benchmarks.shops import DATA, load_shop
from shelfcast.errors import ShelfcastError
from shelfcast.evaluation import metrics
from shelfcast.models.catalog import CatalogModel
from shelfcast.panel import Floats, Panel
from shelfcast.recipe import CatalogRecipe
from shelfcast.windows import split_days

INTERVALS = (80, 95)


def coverage(panel: Panel, days: int, recipe: CatalogRecipe) -> list[dict[str, Any]]:
    """`task, interval, held, below, above, product_days`: shares of the observed last `days` days of the panel.

    Raises:
        HistoryError: too few days are left to fit on.
    """
    history, known, test = HeldOut.of(panel, days)
    split = split_days(len(history.dates), recipe, test_days=0).without_validation()
    model, _ = CatalogModel.fit(history, recipe, split, torch.device("cpu"))
    said = {NEXT_DAY: model.next_days(known, days), HORIZON: model.ahead(history, days)}
    return [
        {"task": task, **_shares(said[task], share, test.sales, test.observed)} for task in said for share in INTERVALS
    ]


def _shares(said: dict[str, Floats], share: int, y: Floats, counts: NDArray[np.bool_]) -> dict[str, float]:
    low, high = said[f"lo-{share}"], said[f"hi-{share}"]
    return {
        "interval": share,
        "held": metrics.coverage(y, low, high, counts),
        "below": (y < low)[counts].mean(),
        "above": (y > high)[counts].mean(),
        "product_days": int(counts.sum()),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coverage", description=__doc__.splitlines()[0])
    parser.add_argument("--shops", required=True, metavar="SHOP,...")
    parser.add_argument("--test-days", type=int, default=28)
    parser.add_argument("--until", metavar="DATE", help="the last test day")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--out", type=Path, required=True, metavar="CSV")
    arguments = parser.parse_args()
    try:
        rows = Rows(arguments.out)
        for shop in arguments.shops.split(","):
            panel = load_shop(shop, arguments.data, arguments.until)
            about = {"shop": shop, "last_day": str(panel.last_day), "test_days": arguments.test_days}
            found = rows.of(about, partial(coverage, panel, arguments.test_days, CatalogRecipe()))
            print(pd.DataFrame(found).to_string(index=False), flush=True)
    except ShelfcastError as error:
        print(f"coverage: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
