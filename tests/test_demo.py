"""The demo, on a smaller shop."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from shelfcast import Forecaster, demo
from shelfcast.sample import sample_shop


def test_the_demo_shows_both_recipes_beside_the_baselines_and_the_truth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "sample_shop", lambda: sample_shop(12, 150))
    monkeypatch.setattr("shelfcast.recipe.ClassicRecipe.most_epochs", lambda *_: 4)
    demo.run_demo(tmp_path)
    shown = capsys.readouterr().out
    (distances,) = (line for line in shown.splitlines() if line.startswith("RMSE over that of the true"))
    named = dict(re.findall(r"(\w+) (\d+\.\d+)(?:,|$)", distances.partition("than 1): ")[2]))
    assert list(named)[:2] == ["classic", "catalog"]
    assert "seasonal_naive" in named
    assert all(float(ratio) > 0.9 for ratio in named.values())
    tomorrow = pd.read_csv(tmp_path / "tomorrow.csv")
    assert len(tomorrow) == 12
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "classic, beside it" in page
    assert Forecaster.load(tmp_path / "model", device="cpu").recipe.name == "catalog"
    assert Forecaster.load(tmp_path / "classic", device="cpu").recipe.name == "classic"
