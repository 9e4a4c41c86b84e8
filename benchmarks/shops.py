"""The shops of the benchmark as panels. Nothing here knows where the data ends.

coffee          receipts, through the door; product = product_detail
store_item      daily rows, through the door; product = store + item
online_retail   invoice lines, through the door; product = StockCode
m5_items        M5's items, summed over its stores
m5_CA_1         M5's items in one store
m5_stores       every item in every store of M5
m5_departments  M5's departments in each store: 70 products that sell hundreds a day, told by dates and sales alone
sample          the simulated shop of `shelfcast sample`
a path          a file of any shop, through the door, its columns found by their names
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from numpy.typing import NDArray

from shelfcast import Panel, read_sales, sample_shop
from shelfcast.covariates import Covariates, Signal
from shelfcast.errors import SourceError
from shelfcast.panel import Days, Floats
from shelfcast.status import decide, store_rows

DATA = Path(os.environ.get("SHELFCAST_DATA", Path(__file__).parents[2] / "shared" / "data"))

# shop: its file in the data folder, and the columns of its product key
DOOR_SHOPS = {
    "coffee": ("coffee/receipts.csv", ["product_detail"]),
    "store_item": ("store_item/sales.parquet", ["store", "item"]),
    "online_retail": ("online_retail/invoices.parquet", ["StockCode"]),
}
M5_ATTRIBUTES = {
    "m5_items": ["dept_id", "cat_id"],
    "m5_CA_1": ["dept_id", "cat_id"],
    "m5_stores": ["item_id", "dept_id", "cat_id", "store_id", "state_id"],
}
SHOPS = (*DOOR_SHOPS, *M5_ATTRIBUTES, "m5_departments", "sample")


def load_shop(name: str, data: Path = DATA, until: str | None = None) -> Panel:
    """The panel of a shop, up to and with the day `until`.

    Args:
        name: one of `SHOPS`, or the path of a file.
        data: the folder of the real shops, laid out like `../shared/data`; its files may reach further in time.
        until: the last day, `YYYY-MM-DD`; by default the data's own.

    Raises:
        SourceError: a file is missing, or M5's two files do not fit together.
        SalesError: the door refuses what is in the file, or `until` leaves fewer than two days.
    """
    if name == "sample":
        return read_sales(sample_shop().panel, until=until)[0]
    if name == "m5_departments":
        return read_sales(_departments(_load_m5("m5_stores", data / "m5")), until=until)[0]
    if name in M5_ATTRIBUTES:
        return read_sales(_load_m5(name, data / "m5"), until=until)[0]
    file, id_cols = DOOR_SHOPS.get(name, (name, []))
    path = data / file if name in DOOR_SHOPS else Path(name)
    if not path.is_file():
        raise SourceError(
            f"There is no shop {name!r} and no file {path}.",
            f"Choose one of {', '.join(SHOPS)} (the real ones lie in the folder of --data or $SHELFCAST_DATA)"
            " or the path of a file.",
        )
    return read_sales(path, id_cols=id_cols, until=until)[0]


def sample_truth(panel: Panel) -> Floats:
    """The true expected demand `[N, D]` of the products and days of a panel of the shop `sample`."""
    shop = sample_shop()
    products = np.searchsorted(shop.panel.products, panel.products)
    return shop.expected[np.ix_(products, np.searchsorted(shop.panel.dates, panel.dates))]


def m5_weeks(m5: Path, dates: Days) -> NDArray[np.int64]:
    """`[T]`: the number of each day's week (`wm_yr_wk`), by which M5's prices are listed.

    Raises:
        SourceError: the calendar is missing or lacks one of the days.
    """
    calendar = _read(m5 / "calendar.parquet", ["date", "wm_yr_wk"])
    listed = calendar["date"].to_numpy(dtype="datetime64[D]")
    at = np.searchsorted(listed, dates)
    if dates[-1] > listed[-1] or (listed[at] != dates).any():
        raise SourceError(f"{m5 / 'calendar.parquet'} lacks some of the days {dates[0]} to {dates[-1]}.")
    return calendar["wm_yr_wk"].to_numpy(dtype=np.int64)[at]


def _load_m5(name: str, m5: Path) -> Panel:
    keys = ["item_id", "dept_id", "cat_id", "store_id", "state_id"]
    schema = pq.read_schema(_existing(m5 / "sales.parquet"))
    columns = sorted((c for c in schema.names if c.removeprefix("d_").isdigit()), key=lambda c: int(c[2:]))
    rows = _read(m5 / "sales.parquet", keys).astype(str)
    kept = np.flatnonzero(rows["store_id"] == "CA_1") if name == "m5_CA_1" else np.arange(len(rows))
    rows = rows.iloc[kept]
    products = rows["item_id"] if name != "m5_stores" else rows["item_id"] + "_" + rows["store_id"]
    by_product = np.argsort(products.to_numpy(dtype=np.str_), kind="stable")
    names, first = np.unique(products.to_numpy(dtype=np.str_)[by_product], return_index=True)
    units = np.empty((len(names), len(columns)), dtype=np.float32)
    for start in range(0, len(columns), 256):  # a block of days at a time: no second copy of all of M5
        block = columns[start : start + 256]
        table = pq.read_table(m5 / "sales.parquet", columns=block)
        rows_of_days = np.stack([table[column].to_numpy()[kept][by_product] for column in block], axis=1)
        units[:, start : start + len(block)] = np.add.reduceat(rows_of_days, first, axis=0, dtype=np.int64)
    attributes = {
        attribute: rows[attribute].to_numpy(dtype=np.str_)[by_product][first] for attribute in M5_ATTRIBUTES[name]
    }
    # scored from the first sale on and through every silence, as the field scores M5
    launched = np.maximum.accumulate(units > 0, axis=1)
    return Panel(
        sales=units,
        status=decide(units, store_rows(attributes, len(names)), listed=launched),
        dates=_m5_dates(m5, columns),
        products=names,
        attributes=attributes,
        covariates=_m5_covariates(m5, rows.iloc[by_product], first),
    )


def _departments(items: Panel) -> Panel:
    """The items of each department and store of `m5_stores`, summed."""
    keys = ["dept_id", "cat_id", "store_id", "state_id"]
    names = np.char.add(np.char.add(items.attributes["dept_id"], "_"), items.attributes["store_id"])
    products, first, row = np.unique(names, return_index=True, return_inverse=True)
    units = np.zeros((len(products), len(items.dates)), np.float32)
    np.add.at(units, row, items.sales)
    attributes = {key: items.attributes[key][first] for key in keys}
    status = decide(units, store_rows(attributes, len(products)), listed=np.maximum.accumulate(units > 0, axis=1))
    return Panel(units, status, items.dates, products, attributes)


def _m5_covariates(m5: Path, rows: pd.DataFrame, first: NDArray[np.int64]) -> Covariates:
    """Prices, SNAP days and events, for all days of the calendar: they are known for the days ahead.

    Args:
        rows: the item and the store of each series, by product. first: the first series of each product, whose
            price is the mean of those of its stores that list it.
    """
    calendar = _read(m5 / "calendar.parquet")
    weeks, week_of_day = np.unique(calendar["wm_yr_wk"].to_numpy(dtype=np.int64), return_inverse=True)
    listed = _read(m5 / "prices.parquet")
    keys = pd.MultiIndex.from_arrays([rows["item_id"], rows["store_id"]])
    series = keys.get_indexer(
        pd.MultiIndex.from_arrays([listed["item_id"].astype(str), listed["store_id"].astype(str)])
    )
    week = np.searchsorted(weeks, listed["wm_yr_wk"].to_numpy(dtype=np.int64)).clip(max=len(weeks) - 1)
    used = (series >= 0) & (weeks[week] == listed["wm_yr_wk"].to_numpy(dtype=np.int64))
    price = np.full((len(rows), len(weeks)), np.nan, np.float32)
    price[series[used], week[used]] = listed["sell_price"].to_numpy(dtype=np.float32)[used]
    count = np.add.reduceat(~np.isnan(price), first, axis=0, dtype=np.int64)
    total = np.add.reduceat(np.nan_to_num(price), first, axis=0, dtype=np.float64)
    mean = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0).astype(np.float32)
    last = np.flatnonzero(count.any(axis=0))[-1]  # the price list may end before the calendar
    mean[:, last + 1 :] = mean[:, [last]]

    of_product = rows["store_id"].str[:2].to_numpy(dtype=np.str_)
    ends = np.append(first[1:], len(rows))
    states = [np.unique(of_product[start:end]) for start, end in zip(first, ends, strict=True)]
    signals = {}
    flags = {state: calendar[f"snap_{state}"].to_numpy(dtype=np.float32) for state in ("CA", "TX", "WI")}
    if all(len(of) == 1 for of in states):  # a product is sold in one state
        own = np.array([list(flags).index(of[0]) for of in states])
        signals["snap"] = Signal(np.stack(list(flags.values())), own)
    else:
        everywhere = np.zeros(len(first), np.int64)
        signals = {f"snap_{state}": Signal(values[None], everywhere) for state, values in flags.items()}

    named = [calendar[column].fillna("").to_numpy(dtype=np.str_) for column in ("event_name_1", "event_name_2")]
    events = {event: (named[0] == event) | (named[1] == event) for event in np.unique(named) if event}
    return Covariates(len(calendar), np.ascontiguousarray(mean[:, week_of_day]), signals, events)


def _m5_dates(m5: Path, columns: list[str]) -> Days:
    """The dates of the day columns, by the calendar."""
    calendar = _read(m5 / "calendar.parquet", ["d", "date"]).set_index("d")["date"]
    missing = [column for column in columns if column not in calendar.index]
    if missing:
        raise SourceError(
            f"{m5 / 'calendar.parquet'} lacks {len(missing)} of the days in {m5 / 'sales.parquet'}: {missing[0]}."
        )
    return calendar.loc[columns].to_numpy(dtype="datetime64[D]")


def _read(path: Path, columns: list[str] | None = None) -> pd.DataFrame:
    return pd.read_parquet(_existing(path), columns=columns)


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise SourceError(
            f"{path} does not exist.", "Name the folder of the real shops with --data or $SHELFCAST_DATA."
        )
    return path
