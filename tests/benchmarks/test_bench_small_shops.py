from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks import small_shops
from benchmarks.small_shops import SmallShop, main, over_rules
from shelfcast import sample_shop


def test_errors_are_held_against_the_better_rule_of_each_shop() -> None:
    errors = {("a", "same_weekday_4"): 2.0, ("a", "mean_28"): 4.0, ("a", "catalog"): 1.0}
    errors |= {("b", "same_weekday_4"): 6.0, ("b", "mean_28"): 5.0, ("b", "catalog"): 10.0}
    table = pd.DataFrame(
        [{"small_shop": s, "task": "next-day", "model": m, "mae": e, "rmse": 2 * e} for (s, m), e in errors.items()]
    )
    row = over_rules(table).set_index("model").loc["catalog"]
    assert row["mae"] == pytest.approx((1 / 2 * 10 / 5) ** 0.5)
    assert (row["worst_mae"], row["worst_rmse"], row["shops"]) == (2.0, 2.0, 2)


def test_a_small_shop_is_so_many_products_and_days_of_a_large_one() -> None:
    panel = sample_shop(products=40, days=300).panel
    small = SmallShop("sample", 1, 7, 90, str(panel.dates[250]))
    one = small.cut(panel)
    assert one.sales.shape == (7, 90)
    assert one.last_day == panel.dates[250]
    assert (one.sales.mean(axis=1) >= 1).all()
    assert np.array_equal(one.products, small.cut(panel).products), "the same draw each time"


def test_a_whole_catalog_is_cut_to_the_products_that_sold_early_enough() -> None:
    panel = sample_shop(products=40, days=300).panel
    panel.sales[3, :241] = 0
    whole = SmallShop("sample", 0, None, 118, str(panel.dates[240])).cut(panel)
    assert str(SmallShop("sample", 0, None, 118, "2020-01-01")) == "sample, all x 118 to 2020-01-01"
    sold = [name for n, name in enumerate(panel.products) if (panel.sales[n, 123:181] > 0).any()]
    assert whole.products.tolist() == sold
    assert 20 < len(sold) < 40
    assert whole.sales.shape[1] == 118


def test_what_is_done_is_not_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(small_shops, "SHOPS", (SmallShop("sample", 1, 5, 100, "2025-03-01"),))
    arguments = ["--models", "mean_28", "--out", str(tmp_path / "s.csv")]
    assert main(arguments) == 0
    assert len(pd.read_csv(tmp_path / "s.csv")) == 4, "two rules, two tasks"
    monkeypatch.setattr(small_shops, "run", None)
    assert main(arguments) == 0
    assert main([*arguments, "--shops", "nowhere"]) == 2
    assert main([*arguments, "--many", "--shops", "sample"]) == 2, "these are others"
    assert "nowhere" in capsys.readouterr().err
