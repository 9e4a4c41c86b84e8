"""Suspected stock-outs: nearly none where there are none, nearly all that are planted."""

from __future__ import annotations

import numpy as np
import pytest

from shelfcast import sample_shop
from shelfcast.check.stockouts import FALSE_SHARE, find_stockouts
from shelfcast.panel import Panel, Status

Span = tuple[int, int, int]


def planted(seed: int, least: float, most: float) -> tuple[Panel, list[Span]]:
    """A shop without stock-outs, in which each product of so many units a day gets one of 5 to 14 days."""
    shop = sample_shop(200, 730, seed=seed, stock_outs=False).panel
    sales, rng, spans = shop.sales.copy(), np.random.default_rng(seed), []
    for product in range(len(shop.products)):
        days = np.flatnonzero(shop.status[product] == Status.ON_SALE)
        if len(days) >= 200 and least <= sales[product, days].mean() < most:
            length = int(rng.integers(5, 15))
            first = int(rng.integers(days[70], days[-1] - length - 30))
            sales[product, first : first + length] = 0
            spans.append((product, first, first + length))
    return Panel.of(sales, shop.dates, shop.products), spans


def found(panel: Panel, spans: list[Span]) -> tuple[int, int]:
    """How many of the planted ones are found, and what else."""
    runs = find_stockouts(panel).runs.tolist()
    overlap = [[n == m and a < d and c < b for m, c, d in spans] for n, a, b in runs]
    return int(np.any(overlap, axis=0).sum()) if runs else 0, sum(not any(of) for of in overlap)


@pytest.mark.parametrize("seed", range(3))
def test_a_shop_without_stock_outs_has_none(seed: int) -> None:
    shop = sample_shop(200, 730, seed=seed, stock_outs=False).panel
    assert len(find_stockouts(Panel.of(shop.sales, shop.dates, shop.products)).runs) == 0


@pytest.mark.parametrize("seed", range(3))
def test_what_is_planted_is_found(seed: int) -> None:
    panel, spans = planted(seed, 3, np.inf)
    hits, others = found(panel, spans)
    assert hits == len(spans) > 50
    assert others <= FALSE_SHARE * (hits + others)


@pytest.mark.slow
def test_the_numbers_of_the_documentation() -> None:
    counts = []
    for least, most in ((np.inf, np.inf), (1, 3), (3, np.inf)):
        of = [(*found(panel, spans), len(spans)) for panel, spans in (planted(seed, least, most) for seed in range(10))]
        counts.append(tuple(np.sum(of, axis=0).tolist()))
    assert counts == [(0, 0, 0), (222, 5, 365), (814, 25, 816)]  # found, others, planted


def runs_of(sales: np.ndarray, others: float = 10) -> list[list[int]]:
    """Stock-outs of the first product, beside two that sell every day."""
    steady = np.full((2, sales.shape[-1]), others)
    panel = Panel.of(np.concatenate([sales[None], steady]), np.datetime64("2023-01-02") + np.arange(280), list("abc"))
    return [run[1:] for run in find_stockouts(panel).runs.tolist() if run[0] == 0]


DAY = np.arange(280)


def test_a_week_without_a_sale_is_suspected_across_closed_days() -> None:
    still = (DAY >= 98) & (DAY < 112)
    assert runs_of(np.where(still, 0.0, 5.0)) == [[98, 112]]
    closed = np.where(DAY % 7 == 6, 0.0, 5.0)
    panel = Panel.of(
        np.stack([np.where(still, 0, closed), closed, closed]), np.datetime64("2023-01-02") + DAY, list("abc")
    )
    assert find_stockouts(panel).runs.tolist() == [[0, 97 if closed[97] == 0 else 98, 112]]


@pytest.mark.parametrize(
    "sales",
    [
        np.where(DAY % 7 < 2, 5.0, 0.0),  # sells on two weekdays
        np.where(DAY % 14 < 7, 5.0, 0.0),  # sells every other week
        np.where(DAY >= 200, 0.0, 5.0),  # is gone
        np.where(DAY < 150, 5.0, np.where(DAY % 20 == 0, 5.0, 0.0)),  # is nearly gone
        np.where(DAY % 3 == 0, 5.0, 0.0),  # is slow
    ],
)
def test_what_a_product_does_anyhow_is_not_suspected(sales: np.ndarray) -> None:
    assert runs_of(sales) == []
