"""What is seen over before a fit, against slow loops."""

from __future__ import annotations

import numpy as np
import pytest

from shelfcast import sample_shop
from shelfcast.models import overview
from shelfcast.models.overview import Overview
from shelfcast.panel import Status


@pytest.mark.parametrize(("days", "history"), [(500, 365), (300, 1000), (5, 5)])
def test_what_is_seen_over_is_what_loops_find(days: int, history: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overview, "_ROWS", 3)
    panel = sample_shop(products=10, days=510, seed=4).panel
    seen = Overview.of(panel, days, history)
    year = range(max(0, days - 364), days)
    units, sold, changed, compared, held = 0.0, 0, 0.0, 0.0, 0
    for n, sales in enumerate(panel.sales):
        on_sale = [day for day in range(days) if panel.status[n, day] == Status.ON_SALE]
        assert seen.first[n] == (on_sale[0] if on_sale else days)
        assert seen.mean[n] == pytest.approx(sum(sales[day] for day in year) / len(year))
        held += sum(sales[day] > 0 for day in range(max(0, days - history), days))
        for day in year:
            units, sold = units + sales[day], sold + (sales[day] > 0)
            if day - 7 in year:
                changed, compared = changed + abs(sales[day] - sales[day - 7]), compared + sales[day]
    assert seen.sold_days == held
    assert seen.units == pytest.approx(units / sold)
    assert seen.change == pytest.approx(changed / compared if compared else np.nan, nan_ok=True)


def test_a_shop_that_repeats_each_week_does_not_change() -> None:
    panel = sample_shop(products=4, days=100).panel
    week = np.tile(np.arange(7, dtype=np.float32), 15)[:100]
    same = type(panel)(np.tile(week, (4, 1)), panel.status, panel.dates, panel.products)
    assert Overview.of(same, 100, 100).change == 0
