"""The simulated shop against a slow twin that keeps every unit by itself, and the rules on sales that never change."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from benchmarks.orders.rivals import mean_of_28, reorder_point, seasonal_naive
from benchmarks.orders.shop import CARRYING, HISTORY, Record, Rule, Shop, simulate
from benchmarks.orders_simulation import OURS, show
from shelfcast import SampleShop
from shelfcast.evaluation.metrics import Doubles

DAYS = 25


def small_shop(demand: Doubles) -> Shop:
    N = len(demand)
    return Shop(
        sample=None,  # type: ignore[arg-type]
        demand=demand,
        group=np.array(["bakery", "dairy", "others"] * N)[:N],
        life=np.array([2, 5, 0] * N)[:N],
        lead=np.array([1, 2, 3] * N)[:N],
        review=np.array([1, 3, 7] * N)[:N],
        pack=np.array([1.0, 4.0] * N)[:N],
        cost=np.linspace(1, 3, N),
        margin=np.linspace(0.5, 2, N),
        start=np.full(N, 6.0),
    )


def slow_costs(shop: Shop, n: int, orders: Iterator[float]) -> tuple[float, float, float]:
    """Each unit is the day of its delivery; the list is in order of delivery."""
    shelf, deliveries = [0] * int(shop.start[n]), {}
    holding = lost = waste = 0.0
    for day in range(DAYS):
        shelf += [day] * deliveries.pop(day, 0)
        for _ in range(int(shop.demand[n, day])):
            if shelf:
                shelf.pop(0)
            else:
                lost += shop.margin[n]
        if shop.life[n]:
            old = [unit for unit in shelf if day - unit >= shop.life[n] - 1]
            waste += len(old) * shop.cost[n]
            shelf = [unit for unit in shelf if day - unit < shop.life[n] - 1]
        holding += len(shelf) * shop.cost[n] * CARRYING / 365
        order = int(next(orders))
        if day % shop.review[n] == n % shop.review[n] and order:
            arrival = day + int(shop.lead[n]) + 1
            deliveries[arrival] = deliveries.get(arrival, 0) + order
    return holding, lost, waste


def test_the_shop_costs_what_a_slow_twin_counts() -> None:
    rng = np.random.default_rng(0)
    shop = small_shop(rng.poisson(3, (9, DAYS)).astype(np.float64))
    orders = rng.integers(0, 12, (DAYS, 9)).astype(np.float64)
    rule: Rule = lambda day, record, position, loss: orders[day]  # noqa: E731
    nothing = Record(np.zeros((9, 0)), np.zeros((9, 0), np.bool_))
    table = simulate(shop, rule, nothing, range(DAYS), np.zeros(9), own_record=True)
    for n in range(9):
        slow = slow_costs(shop, n, iter(orders[:, n].tolist()))
        assert table.loc[n, ["holding", "lost", "waste"]].tolist() == pytest.approx(slow)
    assert (table["lost"] > 0).any()
    assert (table["waste"] > 0).any()


def test_a_rule_sees_its_own_sales_and_its_empty_shelves() -> None:
    shop = small_shop(np.full((3, DAYS), 4.0))
    seen: list[Record] = []

    def rule(day: int, record: Record, position: Doubles, loss: Doubles) -> Doubles:
        seen.append(record)
        return np.zeros(3)

    simulate(shop, rule, Record(np.zeros((3, 2)), np.zeros((3, 2), np.bool_)), range(DAYS), np.zeros(3), True)
    assert seen[2].sales[2].tolist() == [0, 0, 4, 2, 0]
    assert seen[2].empty[2].tolist() == [False, False, False, True, True]


def test_where_sales_never_change_every_rival_keeps_just_enough() -> None:
    shop = small_shop(np.full((6, DAYS), 4.0))
    record = Record(np.full((6, 200), 4.0), np.zeros((6, 200), np.bool_))
    position, loss = np.full(6, 5.0), shop.cost * 0.1
    wanted = np.ceil(np.maximum(4 * shop.span - 5, 0) / shop.pack) * shop.pack
    for rule in (seasonal_naive(shop), mean_of_28(shop)):
        np.testing.assert_allclose(rule(0, record, position, loss), wanted)
    lots = reorder_point(shop, record)(0, record, position, loss)
    after = position + lots
    assert (after > 4 * shop.span - 1e-9).all()
    assert (after <= 4 * shop.span + 4 * shop.review + shop.pack).all()


def test_a_shop_has_terms_for_every_product() -> None:
    shop = Shop.of(0)
    assert isinstance(shop.sample, SampleShop)
    assert set(shop.group.tolist()) <= {"bakery", "produce", "dairy", "others"}
    assert (shop.margin > 0).all()
    assert (shop.cost / (shop.cost + shop.margin)).tolist() == pytest.approx([0.6] * len(shop.cost))
    assert shop.demand.shape[1] == HISTORY + 180


def test_the_table_sets_each_rule_beside_the_list() -> None:
    costs = pd.DataFrame(
        {
            "rule": [OURS, OURS, "rival", "rival"],
            "seed": [0, 1, 0, 1],
            "group": ["bakery"] * 4,
            "holding": [1.0, 1.0, 2.0, 1.0],
            "lost": [5.0, 5.0, 6.0, 3.0],
            "waste": [4.0, 4.0, 7.0, 5.0],
            "asked": [10.0] * 4,
            "sold": [9.0, 9.0, 8.0, 8.0],
        }
    )
    table = show(costs)
    assert "| order list | 1 | 5 | 4 | 10 | 90.0% | | |" in table
    assert "| rival | 2 | 4 | 6 | 12 | 80.0% | +20.0% (-10.0% to +50.0%) | 1 of 2 |" in table
