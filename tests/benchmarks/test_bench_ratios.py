from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from benchmarks.ratios import main, ratios
from shelfcast.errors import ShelfcastError


def folder(path: Path, day: str, errors: dict[str, list[float]]) -> Path:
    """A block on which each model and seed has this MAE, and twice of it as RMSE."""
    rows = [
        {"shop": "a", "task": "next-day", "last_day": day, "model": model, "seed": seed, "mae": e, "rmse": 2 * e}
        for model, of_seeds in errors.items()
        for seed, e in enumerate(of_seeds)
    ]
    path.mkdir()
    pd.DataFrame(rows).to_csv(path / "scores.csv", index=False)
    return path


def test_seeds_then_blocks_are_averaged_and_the_best_peer_of_all_blocks_is_taken(tmp_path: Path) -> None:
    one = folder(tmp_path / "1", "2020-01-28", {"catalog": [1.0, 3.0], "x": [4.0], "y": [1.0]})
    two = folder(tmp_path / "2", "2020-02-28", {"catalog": [2.0], "x": [1.0]})
    table = ratios([one, two], "catalog").set_index("error")
    assert table.loc["mae", "peer"] == "x"  # y was not run on the second block
    assert table.loc["mae", "ratio"] == pytest.approx(2.0 / 2.5)
    ours, theirs = ((2**2 + 6**2) / 2 + 4**2) / 2, (8**2 + 2**2) / 2
    assert table.loc["rmse", "ratio"] == pytest.approx((ours / theirs) ** 0.5)


def test_nothing_to_compare_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    alone = folder(tmp_path / "1", "2020-01-28", {"catalog": [1.0]})
    with pytest.raises(ShelfcastError, match="same days"):
        ratios([alone], "catalog")
    assert main([str(tmp_path / "nowhere")]) == 2
    assert "has no scores.csv" in capsys.readouterr().err
