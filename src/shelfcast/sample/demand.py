"""Chance: what customers ask for, and what they find on the shelf."""

from __future__ import annotations

import numpy as np

from .plan import Plan
from .streams import Reals, Streams, Whole

LONGEST_WAIT = 3 + 7  # days from an order to the delivery of the next one


def draw_demand(plan: Plan, seed: int, *place: int) -> tuple[Whole, Reals]:
    """`[n, T]` units asked for, at least one a product, and their expectation.

    Leaders are drawn first, then the products that follow them. A path of zeros only is drawn again, so the
    expectation is the mean divided by the probability of any other path.
    """
    demand = _counts(plan.mean, plan.dispersion, Streams(seed, *place, 0))
    follower = np.flatnonzero(plan.leader >= 0)
    leader = plan.leader[follower]
    yesterday, usual = demand[leader, :-1], plan.mean[leader, :-1]
    surge = np.ones((len(follower), demand.shape[1]))
    np.divide(yesterday, usual, out=surge[:, 1:], where=usual > 0)
    mean = plan.mean.copy()
    mean[follower] *= 1 + plan.following[follower, None] * (np.minimum(surge, 3.0) - 1)
    demand[follower] = _counts(mean[follower], plan.dispersion[follower], Streams(seed, *place, 1))
    minus_log_nothing = np.log1p(plan.dispersion[:, None] * mean).sum(axis=1) / plan.dispersion
    return demand, mean / -np.expm1(-minus_log_nothing)[:, None]


def _counts(mean: Reals, dispersion: Reals, streams: Streams) -> Whole:
    """`[n, T]` gamma-Poisson counts; a row without any is drawn again."""
    counts = np.zeros(mean.shape, dtype=np.int64)
    while len(empty := np.flatnonzero(~counts.any(axis=1))):
        spread = dispersion[empty, None]
        crowd = streams().gamma(1 / spread, spread, (len(empty), mean.shape[1]))
        counts[empty] = streams().poisson(mean[empty] * crowd)
    return counts


def fill_shelf(plan: Plan, demand: Whole, streams: Streams, stock_outs: bool) -> Whole:
    """`[n, T]` units on the shelf in the morning.

    A buyer orders each week up to what should be needed until the order after has come; knows the plan but
    not the chance; is careful with some products and careless with others. One order in twenty is forgotten,
    and now and then a supplier fails for four weeks. The first delivery always comes, with a unit or more,
    so each product can sell.
    """
    n, T = demand.shape
    order_day = streams().integers(0, 7, n)
    wait: Whole = streams().integers(1, 4, (n, 1))  # days from order to delivery
    care: Reals = streams().uniform(0.5, 2.7, (n, 1))  # standard deviations in reserve
    forgotten = streams().random((n, T)) < 1 / 20
    failures = np.cumsum(streams().random((n, T)) < 1 / 2000, axis=1)
    failing = failures > np.pad(failures, ((0, 0), (28, 0)))[:, :T]

    def until_order_after(amount: Reals) -> Reals:
        total: Reals = np.cumsum(np.pad(amount, ((0, 0), (0, LONGEST_WAIT)), mode="symmetric"), axis=1)
        return np.take_along_axis(total, np.arange(T) + wait + 7, axis=1) - total[:, :T] + amount

    spread = np.sqrt(until_order_after(plan.mean + plan.dispersion[:, None] * plan.mean**2))
    target: Whole = np.ceil(until_order_after(plan.mean) + care * spread).astype(np.int64)
    launch = plan.on_sale & (np.cumsum(plan.on_sale, axis=1) == 1)
    stock = np.zeros((n, T), dtype=np.int64)
    due = np.zeros((n, T + 4), dtype=np.int64)
    left = np.zeros(n, dtype=np.int64)
    for t in range(T):
        stock[:, t] = np.where(launch[:, t], target[:, t], left + due[:, t]) * plan.on_sale[:, t]
        if not stock_outs:
            np.maximum(stock[:, t], (demand[:, t] + 1) * plan.on_sale[:, t], out=stock[:, t])
        left = np.maximum(stock[:, t] - demand[:, t], 0)
        ordered = (order_day == t % 7) & ~(forgotten[:, t] | failing[:, t])
        due[np.arange(n), t + wait[:, 0]] = np.where(ordered, np.maximum(target[:, t] - left, 0), 0)
    return stock
