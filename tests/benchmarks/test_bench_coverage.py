from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks import coverage
from shelfcast import sample_shop
from shelfcast.models.catalog import CatalogModel
from shelfcast.recipe import CatalogRecipe

QUICK = CatalogRecipe(seq_len=14, filters=4, hidden=4, head=4, steps=3, batch_size=4, horizon=7)


def test_shares_are_of_the_observed_days(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = sample_shop(12, 120).panel
    y, counts = panel.sales[:, -7:], panel.observed[:, -7:]
    low, high = np.full_like(y, 1), np.full_like(y, 3)
    said = {"lo-80": low, "hi-80": high, "lo-95": low * 0, "hi-95": high * 1e6}
    monkeypatch.setattr(CatalogModel, "next_days", lambda *_: said)
    monkeypatch.setattr(CatalogModel, "ahead", lambda *_: {**said, "lo-95": high * 1e6})
    table = pd.DataFrame(coverage.coverage(panel, 7, QUICK)).set_index(["task", "interval"])
    within = [1 <= sold <= 3 for sold, counted in zip(y.flat, counts.flat, strict=True) if counted]
    assert table.loc[("next-day", 80), "held"] == pytest.approx(np.mean(within))
    assert table.loc[("next-day", 95), "held"] == 1
    assert table.loc[("horizon", 95), "below"] == 1
    assert (table["product_days"] == counts.sum()).all()


def test_a_shop_that_is_there_is_not_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage, "load_shop", lambda *_: sample_shop(12, 120).panel)
    monkeypatch.setattr(coverage, "CatalogRecipe", lambda: QUICK)
    out = tmp_path / "new" / "coverage.csv"
    monkeypatch.setattr("sys.argv", ["coverage", "--shops", "one,two", "--test-days", "7", "--out", str(out)])
    assert coverage.main() == 0
    first = pd.read_csv(out)
    assert list(first["shop"].unique()) == ["one", "two"]
    monkeypatch.setattr(coverage, "coverage", lambda *_: pytest.fail("run again"))
    assert coverage.main() == 0
    assert pd.read_csv(out).equals(first)
