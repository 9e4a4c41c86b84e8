"""The sample shop itself: sales, and what is never known of a real one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..covariates import Covariates, Signal
from ..errors import RecipeError
from ..panel import Days, Floats, Panel, Status
from .calendar import Calendar
from .demand import draw_demand, fill_shelf
from .plan import FAMILY, STORES, make_plan
from .streams import Streams, Whole, wander

BLOCK = 1_000  # products, whole families
AHEAD = 90  # days after the last for which the holidays are known; prices stay as they are, no promotion is planned
MOST_PRODUCTS = 10_000_000  # names sort as strings: "P" and seven digits
STORE, PLAN, DEMAND, SHELF = range(4)  # what random streams are for


@dataclass(frozen=True)
class SampleShop:
    """What a simulated shop sold, and what is never known of a real one.

    Attributes:
        panel: sales, status, dates, products; attributes `category` and `store`; the prices, the promotions and
            the holidays as covariates.
        expected: `[N, T]` units, the true expected demand: the mean of `demand` given all that the simulator
            knows that morning; 0 where the product is not on sale.
        demand: `[N, T]` units, what customers asked for; `panel.sales` is that or, if less, `stock`.
        dispersion: `[N]`; the variance of the demand is `expected + dispersion * expected ** 2`.
        price: `[N, T]` of a unit, also where the product is not on sale.
        promotion: `[N, T]`, whether the price was cut and the product put on display.
        stock: `[N, T]` units on the shelf in the morning. `SOLD_OUT` are the days on which more was asked
            for, and those with an empty shelf, on which nobody can tell what was asked for.
        holidays: day to name, to the end of the year after the last day.
        complements: `[K, 2]` rows (leader, follower); the leader's promotion lifts the follower the same day,
            its surge the day after.
        substitutes: `[K, 2]` rows; a promotion of one takes from the other.
    """

    panel: Panel
    expected: Floats
    demand: NDArray[np.int32]
    dispersion: Floats
    price: Floats
    promotion: NDArray[np.bool_]
    stock: NDArray[np.int32]
    holidays: Mapping[np.datetime64, str]
    complements: Whole
    substitutes: Whole


def sample_shop(
    products: int = 200,
    days: int = 730,
    seed: int = 0,
    start: str = "2023-07-01",
    complements: Sequence[tuple[int, int]] = (),
    stock_outs: bool = True,
    launches: bool = True,
) -> SampleShop:
    """A shop of `products` products on `days` days; the same arguments give the same bytes.

    Every product sells, as in a real shop's data, which only holds what sold. A product with a mean of less
    than a unit over its life is raised to one unit, and a path without any demand is drawn again.
    `expected` is the mean given that, so it stays exact.

    Args:
        products: `N`, 1 or more.
        days: `T`, 2 or more.
        seed: of everything random.
        start: the first day.
        complements: pairs (leader, follower) of product numbers of the same thousand, to be planted. Both
            become fast, and the leader has surges. The follower's mean is multiplied by 0.1 + 0.9 x
            yesterday's demand of the leader over its mean (3 at most): only who sees the leader can
            forecast it.
        stock_outs: whether a shelf may be empty.
        launches: whether products come and go within the days.

    Raises:
        RecipeError: an argument with which no shop can be made.
    """
    blocks = list(sample_blocks(products, days, seed, start, complements, stock_outs, launches))
    panels = [block.panel for block in blocks]
    first_rows = range(0, products, BLOCK)
    return SampleShop(
        panel=Panel(
            sales=np.concatenate([panel.sales for panel in panels]),
            status=np.concatenate([panel.status for panel in panels]),
            dates=panels[0].dates,
            products=np.concatenate([panel.products for panel in panels]),
            attributes={
                name: np.concatenate([panel.attributes[name] for panel in panels]) for name in ("category", "store")
            },
            covariates=_known(
                panels[0].dates,
                np.concatenate([block.price for block in blocks]),
                np.concatenate([block.promotion for block in blocks]),
                blocks[0].holidays,
            ),
        ),
        expected=np.concatenate([block.expected for block in blocks]),
        demand=np.concatenate([block.demand for block in blocks]),
        dispersion=np.concatenate([block.dispersion for block in blocks]),
        price=np.concatenate([block.price for block in blocks]),
        promotion=np.concatenate([block.promotion for block in blocks]),
        stock=np.concatenate([block.stock for block in blocks]),
        holidays=blocks[0].holidays,
        complements=np.concatenate([b.complements + row for b, row in zip(blocks, first_rows, strict=True)]),
        substitutes=np.concatenate([b.substitutes + row for b, row in zip(blocks, first_rows, strict=True)]),
    )


def sample_blocks(
    products: int = 200,
    days: int = 730,
    seed: int = 0,
    start: str = "2023-07-01",
    complements: Sequence[tuple[int, int]] = (),
    stock_outs: bool = True,
    launches: bool = True,
) -> Iterator[SampleShop]:
    """The shop of `sample_shop`, a thousand products at a time, each with row numbers of its own.

    Raises:
        RecipeError: an argument with which no shop can be made.
    """
    for name, value, least in (("products", products, 1), ("days", days, 2), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise RecipeError(f"{name} of a sample shop must be a whole number of {least} or more, not {value!r}.")
    if products > MOST_PRODUCTS:
        raise RecipeError(f"A sample shop has {MOST_PRODUCTS:,} products at most, not {products:,}.")
    dates = _first_day(start) + np.arange(days)
    pairs = _checked_pairs(complements, products)
    calendar = Calendar.of(dates)
    stores = wander(Streams(seed, STORE), len(STORES), days, memory=20.0, spread=0.06)

    def block(first: int) -> SampleShop:
        number, count = first // BLOCK, min(BLOCK, products - first)
        planted = pairs[pairs[:, 0] // BLOCK == number] - first
        families = -(-count // FAMILY)
        plan = make_plan(Streams(seed, PLAN, number), families, dates, calendar, stores, planted, launches)
        demand, expected = draw_demand(plan, seed, DEMAND, number)
        stock = fill_shelf(plan, demand, Streams(seed, SHELF, number), stock_outs)
        sold_out = plan.on_sale & ((demand > stock) | (stock == 0))
        status = np.where(sold_out, Status.SOLD_OUT, np.where(plan.on_sale, Status.ON_SALE, Status.NOT_ON_SALE))
        follower = np.flatnonzero(plan.leader[:count] >= 0)
        first_twin = np.arange(0, count - 1, FAMILY)
        price, promotion = plan.price[:count].astype(np.float32), plan.promotion[:count]
        return SampleShop(
            panel=Panel(
                sales=np.minimum(demand, stock)[:count].astype(np.float32),
                status=status[:count].astype(np.uint8),
                dates=dates,
                products=np.char.mod("P%07d", np.arange(first, first + count)),
                attributes={"category": plan.category[:count], "store": plan.store[:count]},
                covariates=_known(dates, price, promotion, calendar.holidays),
            ),
            expected=expected[:count].astype(np.float32),
            demand=demand[:count].astype(np.int32),
            dispersion=plan.dispersion[:count].astype(np.float32),
            price=price,
            promotion=promotion,
            stock=stock[:count].astype(np.int32),
            holidays=calendar.holidays,
            complements=np.stack([plan.leader[follower], follower], axis=1),
            substitutes=np.stack([first_twin, first_twin + 1], axis=1),
        )

    return map(block, range(0, products, BLOCK))


def _known(
    dates: Days, price: Floats, promotion: NDArray[np.bool_], holidays: Mapping[np.datetime64, str]
) -> Covariates:
    """The covariates of a shop, as its owner would know them on its last day."""
    days = dates[0] + np.arange(len(dates) + AHEAD)
    signals = {"promotion": Signal(promotion.astype(np.float32), np.arange(len(promotion)))}
    known = Covariates(len(dates), price, signals).between(0, len(days))
    named = np.array([holidays.get(day, "") for day in days])
    events = {name: named == name for name in sorted(set(holidays.values()))}
    return replace(known, events=events, known={})  # the price list goes on, and nothing more is planned


def _first_day(start: str) -> np.datetime64:
    try:
        day = np.datetime64(start, "D")
    except ValueError:
        day = None
    if day is None or np.isnat(day) or day < np.datetime64("0001-01-01"):
        raise RecipeError(f"start of a sample shop must be a day such as 2023-07-01, not {start!r}.")
    return day


def _checked_pairs(complements: Sequence[tuple[int, int]], products: int) -> Whole:
    """`[K, 2]` rows of the shop."""
    pairs = np.array(complements, dtype=np.int64).reshape(len(complements), 2)
    leaders, followers = pairs.T
    if len(pairs) and not 0 <= pairs.min() <= pairs.max() < products:
        raise RecipeError(f"complements must be product numbers from 0 to {products - 1}, not {complements!r}.")
    if (leaders // BLOCK != followers // BLOCK).any():
        raise RecipeError(f"complements must both be of the same {BLOCK:,} products, not {complements!r}.")
    if len(np.unique(followers)) < len(followers) or np.isin(followers, leaders).any():
        raise RecipeError(f"complements must have each follower once, and never as a leader, not {complements!r}.")
    return pairs
