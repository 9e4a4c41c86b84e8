from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.floor import absolute_deviation, main, room


def forecasts(out: Path, mean: float, noise: np.random.Generator) -> Path:
    """28 days of 400 products whose mean is known exactly, next day and from one origin."""
    days, last = pd.date_range("2024-03-01", periods=28), pd.Timestamp("2024-02-29")
    tables = []
    for cutoff in (days - pd.Timedelta(days=1), [last] * 28):
        table = pd.DataFrame({"ds": days, "cutoff": cutoff}).loc[lambda t: t.index.repeat(400)]
        tables.append(table.assign(unique_id="a", y=noise.poisson(mean, len(table)).astype(float), mean=mean))
    (out / "forecasts").mkdir(parents=True)
    table = pd.concat(tables).assign(median=np.floor(mean + 1 / 3)).reset_index(drop=True)
    table.to_parquet(out / "forecasts" / "catalog-0.parquet")
    return out


@pytest.mark.parametrize("mean", [0.3, 2.5, 61.0])
def test_counts_whose_mean_is_known_lie_at_the_floor(tmp_path: Path, mean: float) -> None:
    table = room(forecasts(tmp_path / "x", mean, np.random.default_rng(0)), "catalog")
    assert set(table["task"]) == {"next-day", "horizon"}
    assert table["rmse"].to_numpy() == pytest.approx(table["rmse_floor"].to_numpy(), rel=0.03)
    assert table["mae"].to_numpy() == pytest.approx(table["mae_floor"].to_numpy(), rel=0.03)


def test_the_deviation_is_that_of_draws() -> None:
    draws = np.random.default_rng(1).poisson(3.7, 400_000)
    assert absolute_deviation(np.array([3.7]))[0] == pytest.approx(np.abs(draws - 3).mean(), rel=0.01)


def test_a_folder_without_forecasts_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 2
    assert "is not there" in capsys.readouterr().err
