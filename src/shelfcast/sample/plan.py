"""The plan of a block of products: what sells, at which price, and how much of it on average."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..panel import Days
from .calendar import Calendar
from .streams import Reals, Streams, Whole, wander

FAMILY = 5  # products
STORES = np.array(["east", "north", "south", "west"])
# strength of the week, height of the year and day of its peak, rush before holidays, usual price
CATEGORIES: Mapping[str, tuple[float, float, float, float, float]] = {
    "bakery": (0.7, 0.03, 350, 0.25, 3.0),
    "beverages": (0.9, 0.20, 200, 0.45, 2.5),
    "dairy": (0.6, 0.03, 20, 0.20, 2.2),
    "frozen": (0.8, 0.35, 205, 0.15, 4.5),
    "garden": (1.2, 0.50, 135, 0.10, 12.0),
    "household": (0.8, 0.05, 90, 0.10, 6.0),
    "produce": (0.7, 0.12, 180, 0.25, 2.8),
    "snacks": (1.1, 0.08, 330, 0.50, 2.9),
    "stationery": (-0.6, 0.30, 245, 0.15, 5.0),
    "toys": (1.0, 0.25, 345, 0.80, 16.0),
}
WEEK = np.array([-0.25, -0.32, -0.25, -0.08, 0.25, 0.50, 0.15])  # log, Monday to Sunday


@dataclass(frozen=True)
class Plan:
    """All of a block but its chance; `n` products are whole families.

    Attributes:
        mean: `[n, T]` units, before what a leader's surge adds; 0 where not on sale.
        dispersion: `[n]` of the gamma-Poisson counts.
        leader: `[n]`, the row of the product that this one follows, or -1.
        following: `[n]`, the part of the mean that goes with the leader.
        on_sale: `[n, T]`.
        price: `[n, T]`.
        promotion: `[n, T]`.
        category: `[n]`.
        store: `[n]`.
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


def make_plan(
    streams: Streams,
    families: int,
    dates: Days,
    calendar: Calendar,
    stores: Reals,
    planted: Whole,
    launches: bool,
) -> Plan:
    """The plan of a block.

    Args:
        stores: `[len(STORES), T]`, log, their ups and downs.
        planted: `[K, 2]` rows (leader, follower), to be fast products on sale all the time.
        launches: whether products come and go.
    """
    n, T = families * FAMILY, len(dates)
    family, role = np.divmod(np.arange(n), FAMILY)
    # Units a day: as many intermittent as slow and fast products.
    level = np.exp(streams().uniform(np.log(0.08), np.log(40.0), n))
    dispersion = 0.10 + 0.8 / (1 + 2 * level)
    leader = np.where(role == 2, np.arange(n) - 2, -1)
    following = 0.2 * level[leader] / (level[leader] + 20)  # what a slow leader sells is chance, no surge
    promotions = np.maximum(streams().uniform(-0.06, 0.10, n), 0.0)  # a week; 3 of 8 products have none
    starts = np.where(streams().random(n) < 0.15, streams().uniform(0.05, 0.75, n), 0.0)
    ends = np.where(streams().random(n) < 0.08, streams().uniform(0.4, 0.95, n), 1.0)
    if not launches:
        starts[:], ends[:] = 0.0, 1.0
    for a, b in planted:
        leader[leader == b] = -1  # a follower leads nobody
        leader[a], leader[b], following[b] = -1, a, 0.9
        level[[a, b]], dispersion[a], dispersion[b] = 40.0, 0.5, 0.02
        promotions[[a, b]], starts[[a, b]], ends[[a, b]] = 0.0, 0.0, 1.0
    launch = np.floor(starts * T)
    age = np.arange(T) - launch[:, None]  # [n, T]
    on_sale = (age >= 0) & (age < np.ceil(ends * (T - launch))[:, None])

    kind = streams().integers(0, len(CATEGORIES), families)[family]
    place = streams().integers(0, len(STORES), families)[family]
    week, height, peak, rush, usual_price = np.array(list(CATEGORIES.values()))[kind].T
    own_week = week[:, None] * WEEK + streams().normal(0, 0.05, (n, 7))
    own_height = height * streams().lognormal(0, 0.3, n)
    own_peak = peak + streams().normal(0, 12, n)
    own_rush = rush * streams().lognormal(0, 0.2, n)
    trend = streams().normal(0, 0.12, n)  # a year
    year = np.cos(2 * np.pi / 365.25 * (calendar.year_day - own_peak[:, None]))
    newness = np.where(launch[:, None] > 0, np.exp(-np.maximum(age, 0) / 14), 0.0)
    day = dates.astype(np.int64)
    price, promotion, response = make_offers(streams, usual_price, promotions, on_sale, day)
    log_mean = (
        np.log(level)[:, None]
        + trend[:, None] * np.arange(T) / 365.25
        + wander(streams, n, T, memory=100.0, spread=0.05)
        + wander(streams, families, T, memory=60.0, spread=0.06)[family]
        + stores[place]
        + own_week[:, calendar.weekday]
        + own_height[:, None] * year
        + own_rush[:, None] * calendar.rush
        + calendar.closing
        - newness
        + response
    )
    mean = np.where(on_sale, np.exp(log_mean), 0.0)
    mean *= np.maximum(1.0, 1.0 / mean.sum(axis=1, keepdims=True))  # a unit over its life at least
    category = np.array(list(CATEGORIES))[kind]
    return Plan(mean, dispersion, leader, following, on_sale, price, promotion, category, STORES[place])


def make_offers(
    streams: Streams, usual_price: Reals, promotions: Reals, on_sale: NDArray[np.bool_], day: Whole
) -> tuple[Reals, NDArray[np.bool_], Reals]:
    """Prices and promotions, and what both add to the log of the mean, each `[n, T]`.

    Args:
        usual_price: `[n]`, of the category.
        promotions: `[n]`, a week.
        on_sale: `[n, T]`.
        day: `[T]`, since 1970-01-01, a Thursday: promotions run from Thursday to Wednesday.
    """
    n, T = on_sale.shape
    leaflet = day // 7 - day[0] // 7
    leaflets = int(leaflet[-1]) + 1
    promotion = (streams().random((n, leaflets)) < promotions[:, None])[:, leaflet] & on_sale
    cut = (streams().integers(2, 7, (n, leaflets)) * 0.05)[:, leaflet]
    changes = np.where(streams().random((n, T)) < 1 / 250, streams().normal(0.02, 0.05, (n, T)), 0.0)
    first = usual_price * streams().lognormal(0, 0.4, n)
    regular = _to_nine(np.maximum(first[:, None] * np.exp(np.cumsum(changes, axis=1)), 1.2))
    price = np.where(promotion, _to_nine(regular * (1 - cut)), regular)
    elasticity: Reals = streams().uniform(1.2, 2.6, (n, 1))
    bump = np.where(promotion, elasticity * np.log(regular / price) + 0.12, 0.0)  # 0.12: put on display
    stocked_up = np.zeros((n, T))  # customers did, the week before
    stocked_up[:, 7:] = 0.3 * bump[:, :-7] * np.exp(-(day[7:] % 7) / 3)
    response = bump - elasticity * np.log(regular / regular[:, :1]) - np.where(promotion, 0.0, stocked_up)
    bumps, responses = bump.reshape(-1, FAMILY, T), response.reshape(-1, FAMILY, T)
    responses[:, 0] -= 0.4 * bumps[:, 1]
    responses[:, 1] -= 0.4 * bumps[:, 0]
    responses[:, 2] += 0.4 * bumps[:, 0]
    return price, promotion, response


def _to_nine(price: Reals) -> Reals:
    """The prices, made to end in nine hundredths."""
    ended: Reals = np.round(np.floor(price * 10) / 10 + 0.09, 2)
    return ended
