"""Sample shops of any size in files that are mapped into memory.

A shop of 2,000 products is simulated; larger ones repeat it, with other draws of what was sold:

    products   | 0 to 1,999  | 2,000 to 3,999 | ...            prices, promotions, stock, true demand: as simulated
    sales      | as simulated | Poisson draw 1 | ... draw 8, as simulated, draw 1, ...    never more than the stock
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from shelfcast import Panel, sample_shop
from shelfcast.covariates import Covariates, Signal
from shelfcast.panel import DAY

DAYS, SIMULATED, DRAWS = 730, 2_000, 8


def write_shop(folder: Path, products: int, days: int = DAYS) -> None:
    """Writes `panel.<name>.npy` for all that `open_shop` reads; a tile of products stands in memory at a time."""
    simulated = min(products, SIMULATED)
    shop = sample_shop(simulated, days)
    known = shop.panel.covariates
    assert known is not None
    assert known.prices is not None
    chance = np.random.default_rng(0)
    sales = [shop.panel.sales]
    for _ in range(min(DRAWS, -(-products // simulated) - 1)):
        drawn = np.minimum(chance.poisson(shop.expected), shop.stock)
        sales.append(np.where(shop.panel.on_sale, drawn, 0).astype(np.float32))
    tiles: Mapping[str, list[NDArray[Any]]] = {
        "sales": sales,
        "status": [shop.panel.status],
        "prices": [known.prices],
        "promotion": [known.signals["promotion"].values],
        **{name: [values] for name, values in shop.panel.attributes.items()},
    }
    for name, parts in tiles.items():
        shape = (products, *parts[0].shape[1:])
        with mapped(folder / f"panel.{name}.npy", shape, parts[0].dtype) as file:
            for number, start in enumerate(range(0, products, simulated)):
                tile = parts[number % len(parts)][: products - start]
                file[start : start + len(tile)] = tile
    np.save(folder / "panel.dates.npy", shop.panel.dates)
    events: dict[str, Any] = dict(known.events)
    np.savez(folder / "events.npz", **events)


def open_shop(folder: Path) -> Panel:
    """The panel, its arrays mapped into memory; what is written to them never reaches the files."""
    arrays = {path.name.split(".")[1]: np.load(path, mmap_mode="c") for path in folder.glob("panel.*.npy")}
    with np.load(folder / "events.npz") as stored:
        events = dict(stored)
    N = len(arrays["sales"])
    prices = arrays["prices"]
    promotion = Signal(arrays["promotion"], np.arange(N))
    return Panel(
        arrays["sales"],
        arrays["status"],
        np.array(arrays["dates"]),
        np.char.mod("P%07d", np.arange(N)),
        {name: np.array(arrays[name]) for name in ("category", "store")},
        Covariates(prices.shape[1], prices, {"promotion": promotion}, events),
    )


def day_after(panel: Panel) -> Panel:
    """A night's sales: those of a week before, as the day after the panel's last."""
    return Panel(
        np.ascontiguousarray(panel.sales[:, -7:-6]),
        np.ascontiguousarray(panel.status[:, -7:-6]),
        panel.dates[-1:] + DAY,
        panel.products,
        panel.attributes,
    )


@contextmanager
def mapped(path: Path, shape: tuple[int, ...], dtype: DTypeLike) -> Iterator[NDArray[Any]]:
    """A new `.npy` file to be filled, written to the disk at the end."""
    file = np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)
    yield file
    file.flush()
