"""The newsvendor's quantity against slow twins that try every number of packs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shelfcast.evaluation.metrics import Doubles
from shelfcast.planning.newsvendor import Orders, Terms, decide, need_of
from shelfcast.planning.stock import Stock


def stock_of(M: int, **columns: float) -> Stock:
    values = {"on_hand": 0.0, "on_order": 0.0, "pack_size": 1.0, "min_order": 0.0, "service_level": np.nan}
    values |= {"unit_cost": 2.0, "price": 5.0, "salvage": 1.0} | columns
    days = np.ones(M, dtype=np.int64)
    filled = {name: np.full(M, value) for name, value in values.items()}
    return Stock(np.arange(M), lead_time=days, review_period=days, defaults={}, **filled)


def profit(need: Doubles, units: float, margin: float, loss: float) -> float:
    """The mean over what may be asked for, counted case by case."""
    total = 0.0
    for asked in need.tolist():
        sold = min(max(asked, 0.0), units)
        total += margin * sold - loss * (units - sold)
    return total / len(need)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    pack=st.sampled_from([1.0, 3.0, 12.0]),
    least=st.sampled_from([0.0, 5.0, 40.0]),
    salvage=st.sampled_from([-1.0, 0.0, 1.9]),
)
def test_by_costs_no_other_number_of_packs_is_worth_more(seed: int, pack: float, least: float, salvage: float) -> None:
    rng = np.random.default_rng(seed)
    need = np.sort(rng.poisson(rng.uniform(0.1, 30), (1, 40)).astype(np.float64) - rng.integers(0, 10), axis=1)
    stock = stock_of(1, pack_size=pack, min_order=least, salvage=salvage)
    terms = Terms.of(stock)
    orders = decide(need, stock, terms)
    tried = [n * pack for n in range(80) if n == 0 or n * pack >= least]
    best = max(profit(need[0], units, 3.0, 2.0 - salvage) for units in tried)
    assert orders.order[0] in tried
    assert orders.worth[0] == pytest.approx(profit(need[0], orders.order[0], 3.0, 2.0 - salvage), abs=1e-9)
    assert orders.worth[0] == pytest.approx(best, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), pack=st.sampled_from([1.0, 4.0]), level=st.sampled_from([0.5, 0.8, 0.95, 0.99]))
def test_by_a_service_level_the_fewest_packs_reach_it(seed: int, pack: float, level: float) -> None:
    rng = np.random.default_rng(seed)
    need = np.sort(rng.poisson(rng.uniform(0.1, 30), (1, 200)).astype(np.float64) - 4, axis=1)
    stock = stock_of(1, pack_size=pack, service_level=level)
    order = decide(need, stock, Terms.of(stock)).order[0]
    enough = next(n * pack for n in range(200) if (need[0] <= n * pack).mean() >= level - 1e-9)
    assert order == enough


def test_the_critical_ratio_is_underage_over_underage_and_overage() -> None:
    terms = Terms.of(stock_of(1, unit_cost=2.0, price=5.0, salvage=1.0))
    assert terms.ratio[0] == pytest.approx(3 / 4)
    assert (terms.margin[0], terms.loss[0]) == pytest.approx((3.0, 1.0))


def test_a_service_level_says_what_a_unit_left_costs() -> None:
    """So that its quantity is the one that is worth most, with the margin that is given or 1."""
    for columns, margin in (({}, 3.0), ({"price": np.nan, "unit_cost": np.nan, "salvage": np.nan}, 1.0)):
        terms = Terms.of(stock_of(1, service_level=0.9, **columns))
        assert terms.ratio[0] == 0.9
        assert (terms.margin[0], terms.loss[0]) == pytest.approx((margin, margin / 9))


def test_customers_lost_before_the_delivery_need_no_stock_after_it() -> None:
    lead, total = np.array([[4.0, 6.0]]), np.array([[9.0, 13.0]])
    assert need_of(lead, total, np.array([0.0])).tolist() == [[5.0, 7.0]]  # and not 9 and 13
    assert need_of(lead, total, np.array([20.0])).tolist() == [[-11.0, -7.0]]


def test_a_least_order_is_kept_by_a_service_level_and_let_go_where_it_does_not_pay() -> None:
    need = np.full((1, 10), 2.0)
    stock = stock_of(1, min_order=50.0, pack_size=8.0)
    assert decide(need, stock, Terms.of(stock)).order[0] == 0
    by_level = replace(stock, service_level=np.array([0.9]))
    orders: Orders = decide(need, by_level, Terms.of(by_level))
    assert orders.order[0] == 56
    assert decide(np.full((1, 10), -2.0), by_level, Terms.of(by_level)).order[0] == 0
