"""The sample shop as files: the sales alone in one, all else beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv, parquet

from ..errors import RecipeError
from .shop import SampleShop


def write_sample(shop: SampleShop, out: Path) -> list[Path]:
    """Writes the sales, and beside them, in files named after theirs, all that would give the answer away.

    `shop.parquet` holds `unique_id, ds, y`: a row for each day on sale, zeros included.
    `shop.prices.parquet` (`price`), `shop.promotions.parquet` (`promotion`), `shop.stock.parquet` (`stock`)
    and `shop.truth.parquet` (`expected`) have the same rows, with `unique_id, ds` and the column named.
    `shop.products.parquet` holds `unique_id, category, store`; `shop.holidays.parquet` holds `ds, holiday`.

    Args:
        out: a path that ends in `.parquet` or `.csv`, as all the files then do.

    Returns:
        The paths written, the sales first.

    Raises:
        RecipeError: another ending.
    """
    if out.suffix not in (".parquet", ".csv"):
        raise RecipeError(f"A sample shop is written to .parquet or .csv, not to {out.name!r}.")
    # In CSV a day has no time; from Parquet, pandas would read days as objects.
    unit = "datetime64[D]" if out.suffix == ".csv" else "datetime64[ms]"
    panel = shop.panel
    row, day = np.nonzero(panel.on_sale)
    keys: dict[str, NDArray[Any]] = {"unique_id": panel.products[row], "ds": panel.dates.astype(unit)[day]}
    tables: dict[str, dict[str, NDArray[Any]]] = {
        "": keys | {"y": panel.sales[row, day].astype(np.int64)},
        ".prices": keys | {"price": shop.price[row, day]},
        ".promotions": keys | {"promotion": shop.promotion[row, day]},
        ".stock": keys | {"stock": shop.stock[row, day]},
        ".truth": keys | {"expected": shop.expected[row, day]},
        ".products": {"unique_id": panel.products, **panel.attributes},
        ".holidays": {
            "ds": np.array(list(shop.holidays), dtype=unit),
            "holiday": np.array(list(shop.holidays.values())),
        },
    }
    paths = []
    for name, columns in tables.items():
        path = out.with_name(f"{out.stem}{name}{out.suffix}")
        if out.suffix == ".csv":
            csv.write_csv(pa.table(columns), path, csv.WriteOptions(quoting_style="needed"))
        else:
            parquet.write_table(pa.table(columns), path)
        paths.append(path)
    return paths
