"""The sample shop: a simulated retail catalog whose true expected demand is known.

A product's demand on a day is a gamma-Poisson (negative binomial) count. Its mean is a product of effects, each
of which a real shop has, and most of which a forecaster can learn from past sales, the calendar and the price list:

    level x trend x slow wander (of the product, its family, its store)
          x week x year x holidays and the days before them          differ by category and by product
          x price ^ -elasticity x promotion / demand pulled forward  from the week before
          x promotions of its substitute and of its complement x yesterday's surge of the product it follows

    demand ~ Poisson(mean x Gamma(1 / dispersion, dispersion))       sales = min(demand, stock)

Products come in families of five, of one category and store: the first two replace each other, and the third sells
together with the first. Families never reach over a block of products, and each block has random streams of its own:
that is why a shop of any size can be made block by block, and why a product's path does not change with the number
of products.

The count model is that of Snyder, Ord and Beaumont (2012), "Forecasting the intermittent demand for slow-moving
inventories"; the constant elasticities and cross effects follow van Heerde, Leeflang and Wittink (2004),
"Decomposing the sales promotion bump with store data".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .errors import RecipeError
from .panel import Days, Floats, Panel, Status

Reals = NDArray[np.float64]
Whole = NDArray[np.int64]

BLOCK = 1_000  # products
FAMILY = 5
MOST_PRODUCTS = 10_000_000  # names are sorted as strings: "P" and seven digits

STORES = np.array(["east", "north", "south", "west"])
# category: strength of the week, height of the year and day of its peak, lift before holidays, usual price
CATEGORIES: Mapping[str, tuple[float, float, float, float, float]] = {
    "bakery": (0.7, 0.03, 350, 0.25, 3.0),
    "beverages": (0.9, 0.20, 200, 0.45, 2.5),
    "dairy": (0.6, 0.03, 20, 0.20, 2.2),
    "frozen": (0.8, 0.35, 205, 0.15, 4.5),
    "garden": (1.3, 0.70, 135, 0.10, 12.0),
    "household": (0.8, 0.05, 90, 0.10, 6.0),
    "produce": (0.7, 0.12, 180, 0.25, 2.8),
    "snacks": (1.1, 0.08, 330, 0.50, 2.9),
    "stationery": (-0.6, 0.30, 245, 0.15, 5.0),
    "toys": (1.0, 0.25, 345, 0.80, 16.0),
}
WEEK = np.array([-0.25, -0.32, -0.25, -0.08, 0.25, 0.50, 0.15])  # log, Monday to Sunday
# holiday: month and day (or days after Easter Sunday), strength, days over which the lead fades
FIXED_HOLIDAYS = {
    "New Year's Day": (1, 1, 0.4, 2.0),
    "May Day": (5, 1, 0.5, 2.0),
    "Christmas Day": (12, 25, 1.0, 8.0),
    "Boxing Day": (12, 26, 0.0, 1.0),
}
EASTER_HOLIDAYS = {"Good Friday": (-2, 0.8, 3.0), "Easter Monday": (1, 0.2, 1.0)}
HOLIDAY_ITSELF = -0.7  # log: short opening hours


@dataclass(frozen=True)
class SampleShop:
    """What a simulated shop sold, and what is never known of a real one.

    Attributes:
        panel: sales, status, dates, products; attributes `category` and `store`.
        expected: `[N, T]` units, the true expected demand: the mean of `demand` given all that the simulator knows
            that morning; 0 where the product is not on sale.
        demand: `[N, T]` units, what customers asked for; `panel.sales` is that or, if less, `stock`.
        dispersion: `[N]`; the variance of the demand is `expected + dispersion * expected ** 2`.
        price: `[N, T]` of a unit, also where the product is not on sale.
        promotion: `[N, T]`, whether the price was cut and the product put on display.
        stock: `[N, T]` units on the shelf in the morning. `SOLD_OUT` are the days on which more was asked for, and
            those with an empty shelf, on which nobody can tell what was asked for.
        holidays: day to name, to the end of the year after the last day.
        complements: `[K, 2]` rows; the second product sells more in and after a surge of the first.
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

    Every product sells: a shop's data only holds products that did. One whose mean comes to less than a unit over its
    life is raised to a unit, then a path without any demand is drawn again. `expected` is the mean *given* that, so
    it stays exact: the mean divided by one minus the probability of such a path.

    Args:
        products: `N`, 1 or more.
        days: `T`, 2 or more.
        seed: of everything random.
        start: the first day.
        complements: pairs (leader, follower) of product numbers of the same thousand, to be planted: two fast products;
            the leader has surges, and the follower's mean is multiplied by 0.2 + 0.8 x the leader's demand of the
            day before over its expectation, so that only who sees the leader can forecast the follower.
        stock_outs: whether a shelf may be empty.
        launches: whether products may come and go within the days.

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
                name: np.concatenate([panel.attributes[name] for panel in panels]) for name in panels[0].attributes
            },
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
    """The shop of `sample_shop`, a thousand products at a time, each block with row numbers of its own.

    Raises:
        RecipeError: an argument with which no shop can be made.
    """
    for name, value, least in (("products", products, 1), ("days", days, 2), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise RecipeError(f"A sample shop's {name} must be a whole number of {least} or more, not {value!r}.")
    if products > MOST_PRODUCTS:
        raise RecipeError(f"A sample shop has at most {MOST_PRODUCTS:,} products, not {products:,}.")
    try:
        first_day = np.datetime64(start, "D")
    except ValueError as error:
        raise RecipeError(f"A sample shop starts on a day such as 2023-01-01, not {start!r}.") from error
    if np.isnat(first_day):
        raise RecipeError(f"A sample shop starts on a day such as 2023-01-01, not {start!r}.")
    pairs = np.array(complements, dtype=np.int64).reshape(-1, 2)
    leaders, followers = pairs.T
    if pairs.size and not 0 <= pairs.min() <= pairs.max() < products:
        raise RecipeError(f"complements must be product numbers from 0 to {products - 1}, not {complements!r}.")
    if (leaders // BLOCK != followers // BLOCK).any():
        raise RecipeError(f"The two of a pair of complements must lie in the same {BLOCK:,} products.")
    if len(set(followers)) < len(followers) or set(leaders) & set(followers):
        raise RecipeError(f"In complements a product follows one other, which follows none: {complements!r}.")

    dates = first_day + np.arange(days)
    calendar = _Calendar.of(dates)
    # A stream of the whole shop: the stores' ups and downs.
    shop = _Streams(np.random.SeedSequence(seed, spawn_key=(0,)))
    stores = _wander(shop, len(STORES), days, memory=20.0, spread=0.06)

    def block(first: int) -> SampleShop:
        count = min(BLOCK, products - first)
        streams = _Streams(np.random.SeedSequence(seed, spawn_key=(1, first // BLOCK)))
        planted = pairs[leaders // BLOCK == first // BLOCK] - first
        plan = _plan(streams, count, dates, calendar, stores, planted, launches)
        demand, expected = _draw(plan, streams)
        stock = _shelf(plan, demand, streams, stock_outs)
        sold_out = plan.on_sale & ((demand > stock) | (stock == 0))
        status = np.where(sold_out, Status.SOLD_OUT, np.where(plan.on_sale, Status.ON_SALE, Status.NOT_ON_SALE))
        names = np.char.mod("P%07d", np.arange(first, first + count))
        attributes = {"category": plan.category[:count], "store": plan.store[:count]}
        followers = np.flatnonzero(plan.leader[:count] >= 0)
        twins = np.arange(0, count - 1, FAMILY)
        return SampleShop(
            panel=Panel(
                np.minimum(demand, stock)[:count].astype(np.float32),
                status[:count].astype(np.uint8),
                dates,
                names,
                attributes,
            ),
            expected=expected[:count].astype(np.float32),
            demand=demand[:count].astype(np.int32),
            dispersion=plan.dispersion[:count].astype(np.float32),
            price=plan.price[:count].astype(np.float32),
            promotion=plan.promotion[:count],
            stock=stock[:count].astype(np.int32),
            holidays=calendar.holidays,
            complements=np.stack([plan.leader[followers], followers], axis=1),
            substitutes=np.stack([twins, twins + 1], axis=1),
        )

    return map(block, range(0, products, BLOCK))


class _Streams:
    """Independent random streams, a new one at each call: what is drawn from one moves no other."""

    def __init__(self, seeds: np.random.SeedSequence) -> None:
        self._seeds = seeds

    def __call__(self) -> np.random.Generator:
        return np.random.Generator(np.random.SFC64(self._seeds.spawn(1)[0]))

    def child(self) -> _Streams:
        return _Streams(self._seeds.spawn(1)[0])


@dataclass(frozen=True)
class _Calendar:
    """What the days are, the same for all products.

    Attributes:
        holidays: day to name.
        rush: `[T]`, the lead of the holidays that come.
        closing: `[T]`, log, of the holidays themselves.
    """

    holidays: Mapping[np.datetime64, str]
    rush: Reals
    closing: Reals

    @classmethod
    def of(cls, dates: Days) -> _Calendar:
        holidays: dict[np.datetime64, str] = {}
        rush, closing = np.zeros(len(dates)), np.zeros(len(dates))
        years = dates.astype("datetime64[Y]")
        for year in np.arange(years[0], years[-1] + 2):
            easter = _easter(int(year.astype(np.int64)) + 1970)
            days = {
                name: (np.datetime64(f"{year}-{month:02}-{day:02}"), strength, fade)
                for name, (month, day, strength, fade) in FIXED_HOLIDAYS.items()
            } | {name: (easter + after, strength, fade) for name, (after, strength, fade) in EASTER_HOLIDAYS.items()}
            for name, (holiday, strength, fade) in days.items():
                holidays[holiday] = name
                ahead = (holiday - dates).astype(np.int64)
                rush += np.where(ahead > 0, strength * np.exp((1 - ahead) / fade), 0.0)
                closing += np.where(ahead == 0, HOLIDAY_ITSELF, 0.0)
        return cls(dict(sorted(holidays.items())), rush, closing)


def _easter(year: int) -> np.datetime64:
    """Easter Sunday of the Gregorian calendar: Meeus, "Astronomical Algorithms" (1991), chapter 8."""
    century, rest = divmod(year, 100)
    golden = year % 19
    shift = (century - (century + 8) // 25 + 1) // 3
    moon = (19 * golden + century - century // 4 - shift + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * late + 114, 31)
    return np.datetime64(f"{year:04}-{month:02}-{day + 1:02}")


@dataclass(frozen=True)
class _Plan:
    """All of a block but its noise; rows are filled up to whole families.

    Attributes:
        mean: `[n, T]` units, before what a leader's surge adds; 0 where not on sale.
        dispersion: `[n]` of the gamma-Poisson counts.
        leader: `[n]` row of the product that this one follows, or -1.
        following: `[n]`, how much of the mean follows the leader.
    """

    mean: Reals
    dispersion: Reals
    leader: Whole
    following: Reals
    on_sale: NDArray[np.bool_]
    price: Reals
    promotion: NDArray[np.bool_]
    category: NDArray[np.str_]
    store: NDArray[np.str_]


def _plan(
    streams: _Streams,
    count: int,
    dates: Days,
    calendar: _Calendar,
    stores: Reals,
    planted: Whole,
    launches: bool,
) -> _Plan:
    families = -(-count // FAMILY)
    n, T = families * FAMILY, len(dates)
    day = dates.astype(np.int64)  # since 1970-01-01, a Thursday
    family = np.arange(n) // FAMILY
    role = np.arange(n) % FAMILY
    leader = np.where(role == 2, np.arange(n) - 2, -1)
    level = np.exp(streams().uniform(np.log(0.08), np.log(40.0), n))  # as many fast as slow as intermittent
    dispersion = 0.08 + 0.8 / (1 + 2 * level)
    following = 0.2 * level[leader] / (level[leader] + 20)  # a slow leader has no surges, only chance
    promotion_rate = np.clip(streams().uniform(-0.06, 0.10, n), 0, None)  # a week; a third are never promoted
    starts = np.where(streams().random(n) < 0.15, streams().uniform(0.05, 0.75, n), 0.0)
    ends = np.where(streams().random(n) < 0.08, streams().uniform(0.4, 0.95, n), 1.0)
    for a, b in planted:
        leader[a], leader[b], following[b] = -1, a, 0.8
        level[[a, b]], dispersion[a], dispersion[b] = 40.0, 0.4, 0.02
        promotion_rate[[a, b]], starts[[a, b]], ends[[a, b]] = 0.0, 0.0, 1.0

    age = np.arange(T) - np.floor(starts * T)[:, None] * launches
    life = T - np.floor(starts * T) * launches
    on_sale = (age >= 0) & (age < np.ceil(life * np.where(launches, ends, 1.0))[:, None])

    facts = np.array(list(CATEGORIES.values()))
    kind = streams().integers(0, len(facts), families)[family]
    place = streams().integers(0, len(STORES), families)[family]
    week, height, peak, lift, usual_price = facts[kind].T
    own_week = week[:, None] * WEEK + streams().normal(0, 0.06, (n, 7))
    own_height = height * streams().lognormal(0, 0.3, n)
    own_peak = peak + streams().normal(0, 12, n)
    year_day = (dates - dates.astype("datetime64[Y]")).astype(np.int64)
    log_mean = np.log(level)[:, None] + own_week[:, (day + 3) % 7]  # [n, T]
    log_mean += own_height[:, None] * np.cos(2 * np.pi / 365.25 * (year_day - own_peak[:, None]))
    log_mean += (lift * streams().lognormal(0, 0.2, n))[:, None] * calendar.rush + calendar.closing
    log_mean += streams().normal(0.0, 0.12, n)[:, None] * (np.arange(T) / 365.25)
    log_mean += _wander(streams, n, T, memory=100.0, spread=0.06)
    log_mean += _wander(streams, families, T, memory=60.0, spread=0.06)[family]
    log_mean += stores[place]
    log_mean += np.where(starts[:, None] * launches > 0, -np.exp(-np.maximum(age, 0) / 14.0), 0.0)  # becoming known

    leaflet = day // 7 - day[0] // 7  # leaflets run from Thursday to Wednesday
    leaflets = int(leaflet[-1]) + 1
    promotion = (streams().random((n, leaflets)) < promotion_rate[:, None])[:, leaflet] & on_sale
    cut = (streams().integers(2, 7, (n, leaflets)) * 0.05)[:, leaflet]
    changes = np.where(streams().random((n, T)) < 1 / 250, streams().normal(0.02, 0.05, (n, T)), 0.0)
    first_price = np.maximum(usual_price * streams().lognormal(0, 0.4, n), 1.5)[:, None]
    regular = _to_nine(np.maximum(first_price * np.exp(np.cumsum(changes, axis=1)), 1.2))
    price = np.where(promotion, _to_nine(regular * (1 - cut)), regular)
    elasticity = streams().uniform(1.2, 2.6, n)[:, None]
    log_mean -= elasticity * np.log(price / regular[:, :1])
    bump = np.where(promotion, elasticity * np.log(regular / price) + 0.12, 0.0)  # [n, T], price and display
    log_mean += 0.12 * promotion
    pulled = np.zeros((n, T))
    pulled[:, 7:] = 0.3 * bump[:, :-7] * np.exp(-(day[7:] % 7) / 3)
    log_mean -= np.where(promotion, 0.0, pulled)
    bumps, means = bump.reshape(families, FAMILY, T), log_mean.reshape(families, FAMILY, T)
    means[:, 0] -= 0.4 * bumps[:, 1]
    means[:, 1] -= 0.4 * bumps[:, 0]
    means[:, 2] += 0.4 * bumps[:, 0]

    mean = np.where(on_sale, np.exp(log_mean), 0.0)
    mean *= np.maximum(1.0, 1.0 / mean.sum(axis=1, keepdims=True))
    names = np.array(list(CATEGORIES))
    return _Plan(mean, dispersion, leader, following, on_sale, price, promotion, names[kind], STORES[place])


def _wander(streams: _Streams, rows: int, days: int, memory: float, spread: float) -> Reals:
    """`[rows, days]` first-order autoregressions about 0: standard deviation `spread`, forgotten in `memory` days."""
    keep = np.exp(-1 / memory)
    path: Reals = streams().normal(0, spread, (rows, days))
    for t in range(1, days):
        path[:, t] = keep * path[:, t - 1] + np.sqrt(1 - keep**2) * path[:, t]
    return path


def _to_nine(price: Reals) -> Reals:
    """Prices that end in a nine, not above the given ones by more than nine hundredths."""
    ended: Reals = np.round(np.floor(price * 10) / 10 + 0.09, 2)
    return ended


def _draw(plan: _Plan, streams: _Streams) -> tuple[Whole, Reals]:
    """`[n, T]` demand with at least a unit a product, and its mean: leaders first, then those that follow them."""
    first, second = streams.child(), streams.child()
    demand = _counts(plan.mean, plan.dispersion, first)
    follower = np.flatnonzero(plan.leader >= 0)
    led_by = plan.leader[follower]
    surge = np.ones_like(plan.mean[follower])
    np.divide(demand[led_by, :-1], plan.mean[led_by, :-1], out=surge[:, 1:], where=plan.mean[led_by, :-1] > 0)
    mean = plan.mean.copy()
    mean[follower] *= 1 + plan.following[follower, None] * (np.minimum(surge, 3.0) - 1)
    demand[follower] = _counts(mean[follower], plan.dispersion[follower], second)
    nothing = np.log1p(plan.dispersion[:, None] * mean).sum(axis=1) / plan.dispersion  # -log P(no demand at all)
    return demand, mean / -np.expm1(-nothing)[:, None]


def _counts(mean: Reals, dispersion: Reals, streams: _Streams) -> Whole:
    """`[n, T]` gamma-Poisson counts; a row without any is drawn again."""
    counts = np.zeros(mean.shape, dtype=np.int64)
    while len(empty := np.flatnonzero(~counts.any(axis=1))):
        random = streams()
        spread = dispersion[empty, None]
        counts[empty] = random.poisson(mean[empty] * random.gamma(1 / spread, spread, (len(empty), mean.shape[1])))
    return counts


def _shelf(plan: _Plan, demand: Whole, streams: _Streams, stock_outs: bool) -> Whole:
    """`[n, T]` units on the shelf in the morning: a buyer orders each week up to what the days to come should need.

    The buyer knows the plan but not the noise, is careful with some products and careless with others, and one
    delivery in thirty fails. The first delivery always comes, with a unit or more, so that each product can sell.
    """
    n, T = demand.shape
    lead = streams().integers(1, 4, n)  # days from order to delivery
    weekday = streams().integers(0, 7, n)
    care = streams().normal(1.8, 0.6, n)
    fails = streams().random((n, T)) < 1 / 30
    row = np.arange(n)
    until = np.arange(T) + lead[:, None] + 8  # the day on which the order after this one is there

    def coming(amount: Reals) -> Reals:
        total = np.cumsum(np.pad(amount, ((0, 0), (1, 11)), mode="symmetric"), axis=1)
        return total[row[:, None], until] - total[:, :T]

    need = coming(plan.mean)
    spread = np.sqrt(coming(plan.mean + plan.dispersion[:, None] * plan.mean**2))
    target = np.maximum(np.ceil(need + care[:, None] * spread), 1).astype(np.int64)
    launch = plan.on_sale & ~np.pad(plan.on_sale, ((0, 0), (1, 0)))[:, :T]
    due = np.zeros((n, T + 4), dtype=np.int64)
    stock = np.zeros((n, T), dtype=np.int64)
    left = np.zeros(n, dtype=np.int64)
    for t in range(T):
        stock[:, t] = np.where(launch[:, t], target[:, t], left + due[:, t]) * plan.on_sale[:, t]
        if not stock_outs:
            np.maximum(stock[:, t], demand[:, t], out=stock[:, t])
        left = np.maximum(stock[:, t] - demand[:, t], 0)
        orders = (weekday == t % 7) & ~fails[:, t]
        due[row, t + lead] = np.where(orders, np.maximum(target[:, t] - left, 0), 0)
    return stock


def write_sample(shop: SampleShop, out: Path) -> list[Path]:
    """Writes the sales, with three columns and nothing that a shop would not know, and the rest beside them.

    `shop.parquet` holds `unique_id, ds, y`: a row for each day on sale, zeros included. From its name come
    `shop.prices` (`price`), `shop.promotions` (`promotion`), `shop.stock` (`stock`), `shop.truth` (`expected`), each
    with `unique_id, ds` and as many rows; `shop.products` (`unique_id, category, store`) and `shop.holidays`
    (`ds, holiday`).

    Args:
        out: a path that ends in `.parquet` or `.csv`; all the files are of that kind.

    Returns:
        The paths written, the sales first.

    Raises:
        RecipeError: another ending.
    """
    import pyarrow as pa
    from pyarrow import csv, parquet

    if out.suffix not in (".parquet", ".csv"):
        raise RecipeError(f"A sample shop is written to .parquet or .csv, not to {out.name!r}.")
    row, day = np.nonzero(shop.panel.on_sale)
    keys = {"unique_id": shop.panel.products[row], "ds": shop.panel.dates[day]}
    tables = {
        "": keys | {"y": shop.panel.sales[row, day].astype(np.int64)},
        ".prices": keys | {"price": shop.price[row, day]},
        ".promotions": keys | {"promotion": shop.promotion[row, day]},
        ".stock": keys | {"stock": shop.stock[row, day]},
        ".truth": keys | {"expected": shop.expected[row, day]},
        ".products": {"unique_id": shop.panel.products, **shop.panel.attributes},
        ".holidays": {"ds": np.array(list(shop.holidays)), "holiday": np.array(list(shop.holidays.values()))},
    }
    paths = []
    for name, columns in tables.items():
        path = out.with_name(f"{out.stem}{name}{out.suffix}")
        table = pa.table(columns)
        if out.suffix == ".csv":
            csv.write_csv(table, path)
        else:
            parquet.write_table(table, path)
        paths.append(path)
    return paths
