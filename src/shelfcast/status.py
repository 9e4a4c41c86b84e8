"""What a day was for a product: decided here, and nowhere else.

not on sale | on sale ... closed ... on sale ... sold out ... on sale ... on sale | unknown
            first sale or listing                                  a long silence after the last sale
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from .opening import closed_days

Flags = NDArray[np.bool_]

# Names of a store's column in rank order, compared without case, space and punctuation.
STORE = (
    "storeid storenbr storeno storenumber storecode storekey shopid shopno branchid branchno outletid filialeid"
    " filialid filialnr filialnummer marktid marktnr idmagasin magasinid codemagasin idtienda tiendaid codtienda"
    " locationid siteid warehouseid storenum storecd gln werks 店舗コート 门店编码",
    "store shop branch outlet filiale filial markt magasin tienda sucursal negozio loja warehouse",
    "storename shopname storelocation branchname filialname location site warehousename plant",
)

_ROWS = 1024  # products at a time
_SILENCE = 28  # open days without a sale, after which a product that used to sell may be gone
_GAPS = 3  # times the longest gap between its sales so far
_LONGEST_GAP = 91  # days: a longer one was no gap between sales but an absence
_FEW_SALES = 8  # days with a sale, below which its gaps are hardly known and the longest silence is waited for


class Status(IntEnum):
    """What a day was for a product. A zero is a real zero only on a day `ON_SALE`."""

    NOT_ON_SALE = 0  # not launched yet, or gone
    ON_SALE = 1
    SOLD_OUT = 2  # wanted, but not there: demand was cut off
    CLOSED = 3  # the whole shop sold nothing
    UNKNOWN = 4  # silent for so long that nobody knows whether it is still on sale

    @property
    def words(self) -> str:
        return self.name.lower().replace("_", " ")


def store_rows(attributes: Mapping[str, NDArray[np.str_]], products: int) -> NDArray[np.int64]:
    """`[N]`: which store a product is sold in, from 0 on; one store where no attribute is called like one."""
    plain = {"".join(c for c in name.casefold() if c.isalnum()): name for name in attributes}
    names = [plain[alias] for rank in STORE for alias in rank.split() if alias in plain]
    if not names:
        return np.zeros(products, np.int64)
    return np.unique(attributes[names[0]], return_inverse=True)[1].astype(np.int64)


def store_sums(values: NDArray[np.generic], stores: NDArray[np.int64]) -> NDArray[np.float64]:
    """`[S, T]`: of the products `[N, T]` of each store."""
    sums = np.zeros((int(stores.max(initial=0)) + 1, values.shape[1]))
    for row, store in enumerate(stores.tolist()):
        sums[store] += values[row]
    return sums


def decide(
    sales: NDArray[np.float32],
    stores: NDArray[np.int64],
    listed: Flags | None = None,
    sold_out: Flags | None = None,
) -> NDArray[np.uint8]:
    """`[N, T]` `Status`.

    A product that the listing knows is on sale on its listed days, and on days with a sale. Any other is on sale
    from its first sale on, until it has been silent for 28 open days and three times its longest gap so far;
    from then on it is unknown, until it sells again. On days on which its store is closed, a product on sale
    is closed. Nothing on a day depends on a later one.

    Args:
        sales: `[N, T]` units.
        stores: `[N]` the store of each product.
        listed: `[N, T]`; a product that it never lists is one that it does not know.
        sold_out: `[N, T]` days on which demand was cut off.
    """
    closed = closed_days(store_sums(sales, stores))
    status = np.empty(sales.shape, np.uint8)
    for start in range(0, len(sales), _ROWS):
        rows = slice(start, start + _ROWS)
        flags = (None if of is None else of[rows] for of in (listed, sold_out))
        status[rows] = _decide(sales[rows], closed[stores[rows]], *flags)
    return status


def _decide(
    sales: NDArray[np.float32], closed: Flags, listed: Flags | None, sold_out: Flags | None
) -> NDArray[np.uint8]:
    """As `decide`, of some products and the days on which the store of each is closed."""
    sold = sales > 0
    launched = np.maximum.accumulate(sold, axis=1)
    status = np.where(launched, Status.ON_SALE, Status.NOT_ON_SALE).astype(np.uint8)
    status[launched & _silent(sold, ~closed)] = Status.UNKNOWN
    if listed is not None:
        known = listed.any(axis=1)
        told = np.where(listed[known] | sold[known], Status.ON_SALE, Status.NOT_ON_SALE)
        status[known] = told.astype(np.uint8)
    status[closed & (status == Status.ON_SALE)] = Status.CLOSED
    if sold_out is not None:
        status[sold_out & (status == Status.ON_SALE)] = Status.SOLD_OUT
    return status


def _silent(sold: Flags, opened: Flags) -> Flags:
    """`[N, T]`: no sale for longer than the product's past would have it."""
    day = np.cumsum(opened, axis=1, dtype=np.int32)  # open days so far
    last = np.maximum.accumulate(np.where(sold, day, 0), axis=1)  # at the last sale
    gap = np.zeros_like(day)
    gap[:, 1:] = np.where(sold[:, 1:], day[:, 1:] - last[:, :-1], 0)
    gap[(gap > _LONGEST_GAP) | (np.cumsum(sold, axis=1, dtype=np.int32) <= 1)] = 0
    longest = np.maximum.accumulate(gap, axis=1)
    few = np.cumsum(sold, axis=1, dtype=np.int32) < _FEW_SALES
    wait = np.maximum(np.maximum(_SILENCE, _GAPS * longest), np.where(few, _LONGEST_GAP, 0))
    silent: Flags = day - last > wait
    return silent
