"""The command, as a user runs it: on a shop in a file, twice, and with what it cannot do."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks import run as run_module
from benchmarks.compare import compare
from benchmarks.compare import main as compare_main
from benchmarks.job import Job, run_job
from benchmarks.models import MODELS
from benchmarks.run import main
from shelfcast.errors import ShelfcastError

COLUMNS = {
    "shop",
    "task",
    "model",
    "seed",
    "mae",
    "mae_median",
    "rmse",
    "mse",
    "wape",
    "bias",
    "rmsse",
    "wrmsse",
}
COLUMNS |= {"cpu_fit_s", "cpu_forecast_s", "peak_memory_mib", "versions", "mae_of"}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    days = pd.date_range("2024-01-01", periods=80)
    frame = pd.DataFrame({"ds": np.tile(days, 5), "unique_id": np.repeat(list("abcde"), 80)})
    frame["y"] = rng.poisson(5 + 3 * (frame["ds"].dt.day_of_week == 5))
    frame.to_parquet(tmp_path / "shop.parquet")
    return tmp_path / "shop.parquet"


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """Runs the jobs here, which is quick, and notes them."""
    jobs: list[Job] = []

    def run_here(job: Job, threads: int) -> bool:
        jobs.append(job)
        run_job(job)
        return True

    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(run_module, "_run_apart", run_here)
    return jobs


def command(shop: Path, *more: str) -> list[str]:
    return ["--shop", str(shop), "--test-days", "7", "--out", str(shop.parent / "out"), *more]


def test_each_contestant_runs_in_a_process_of_its_own_and_is_scored_beside_seasonal_naive(
    shop: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(command(shop, "--models", "mean_28", "--task", "both", "--threads", "1")) == 0
    out = shop.parent / "out"
    scores = pd.read_csv(out / "scores.csv")
    assert set(scores.columns) >= COLUMNS
    assert sorted(zip(scores["model"], scores["task"], strict=True)) == [
        ("mean_28", "horizon"),
        ("mean_28", "next-day"),
        ("seasonal_naive", "horizon"),
        ("seasonal_naive", "next-day"),
    ]
    table = pd.read_parquet(out / "forecasts" / "mean_28-0.parquet")
    rows = table[table["cutoff"] == table["cutoff"].min()]
    own = scores[(scores["model"] == "mean_28") & (scores["task"] == "horizon")].iloc[0]
    by_product = (rows["mean"] - rows["y"]).abs().groupby(rows["unique_id"]).mean()
    assert own["mae"] == pytest.approx(by_product.mean())
    assert own["first_day"] == "2024-03-14"
    assert not own["recursive"]
    assert "seasonal_naive" in capfd.readouterr().out


def test_a_contestant_that_fails_leaves_the_others_and_says_so(shop: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (shop.parent / "out" / "forecasts" / "mean_7-0.json").mkdir(parents=True)  # it cannot write there
    assert main(command(shop, "--models", "mean_7", "--threads", "1")) == 1
    assert pd.read_csv(shop.parent / "out" / "scores.csv")["model"].tolist() == ["seasonal_naive"]
    assert "mean_7, seed 0: failed" in capfd.readouterr().err


def test_what_is_there_is_not_run_again_and_what_was_asked_later_is_added(
    shop: Path, in_this_process: list[Job]
) -> None:
    assert main(command(shop, "--models", "naive")) == 0
    assert [job.model for job in in_this_process] == ["naive", "seasonal_naive"]
    assert main(command(shop, "--models", "naive,ridge")) == 0
    assert [job.model for job in in_this_process] == ["naive", "seasonal_naive", "ridge"]
    assert set(pd.read_csv(shop.parent / "out" / "scores.csv")["model"]) == {
        "naive",
        "seasonal_naive",
        "ridge",
    }


def test_seeds_are_run_where_chance_plays_a_part(
    shop: Path, in_this_process: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(MODELS, "naive", replace(MODELS["naive"], seeded=True))
    assert main(command(shop, "--models", "naive,ridge", "--seeds", "2")) == 0
    assert [(job.model, job.seed) for job in in_this_process] == [
        ("naive", 0),
        ("naive", 1),
        ("ridge", 0),
        ("seasonal_naive", 0),
    ]
    assert sorted(pd.read_csv(shop.parent / "out" / "scores.csv")["seed"]) == [0, 0, 0, 1]


def test_the_last_day_can_be_moved_back(shop: Path, in_this_process: list[Job]) -> None:
    assert main(command(shop, "--until", "2024-03-01")) == 0
    assert pd.read_csv(shop.parent / "out" / "scores.csv")["last_day"].tolist() == ["2024-03-01"]


def test_a_folder_of_another_run_is_refused(
    shop: Path, in_this_process: list[Job], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command(shop)) == 0
    for other in (["--until", "2024-03-01"], ["--test-days", "8"], ["--task", "horizon"]):
        assert main(command(shop, *other)) == 2
        assert "holds another run" in capsys.readouterr().err
    assert json.loads((shop.parent / "out" / "run.json").read_text())["products"] == 5


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--models", "oracle"], "no model 'oracle'"),
        (["--test-days", "79"], "79 test days cannot be taken from 80 days"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_runs(
    shop: Path, in_this_process: list[Job], capsys: pytest.CaptureFixture[str], asked: list[str], said: str
) -> None:
    assert main(command(shop, *asked)) == 2
    assert said in capsys.readouterr().err
    assert not in_this_process


def test_a_missing_package_is_an_error_that_says_how_to_get_it(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(run_module, "find_spec", lambda name: None if name == "mlforecast" else found(name))
    assert main(command(shop, "--models", "lightgbm")) == 2
    assert "needs" in capsys.readouterr().err


def block(out: Path, errors: dict[str, list[float]], products: int = 40, days: int = 6) -> Path:
    """Forecasts that are off by these units each day, a number a seed, with noise of half a unit a product."""
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, products)
    keys = pd.MultiIndex.from_product(
        [[f"p{n:02}" for n in range(products)], pd.date_range("2024-01-01", periods=days)]
    )
    table = keys.to_frame(index=False, name=["unique_id", "ds"])
    table["cutoff"] = table["ds"] - pd.Timedelta(days=1)
    table["y"] = 100.0
    (out / "forecasts").mkdir(parents=True)
    (out / "run.json").write_text('{"task": "next-day"}')
    for model, seeds in errors.items():
        for seed, off in enumerate(seeds):
            table["mean"] = 100 + off + np.repeat(noise, days)
            table["median"] = np.nan
            table.to_parquet(out / "forecasts" / f"{model}-{seed}.parquet")
    return out


def test_the_ratio_of_a_contestant_to_itself_is_one(tmp_path: Path) -> None:
    out = block(tmp_path / "a", {"ours": [2.0]})
    for one in compare([out], "next-day", "ours", "ours"):
        assert (one.ratio, one.low, one.high, one.better) == (1, 1, 1, 0)


def test_a_claim_holds_where_each_draw_of_products_agrees(tmp_path: Path) -> None:
    outs = [block(tmp_path / name, {"ours": [2.0, 4.0], "theirs": [4.0]}) for name in "ab"]
    mae, rmse = compare(outs, "next-day", "ours", "theirs")
    assert mae.ratio == pytest.approx(3 / 4, rel=0.02)  # the mean of both seeds
    assert rmse.ratio == pytest.approx((10 / 16) ** 0.5, rel=0.02)
    for one in (mae, rmse):
        assert one.low < one.ratio < one.high < 1
        assert one.better == 1


def test_a_difference_that_one_product_makes_is_no_claim(tmp_path: Path) -> None:
    out = block(tmp_path / "a", {"ours": [3.0], "theirs": [3.0]})
    path = out / "forecasts" / "ours-0.parquet"
    table = pd.read_parquet(path)
    table.loc[table["unique_id"] == "p00", "mean"] = 100
    table.to_parquet(path)
    mae, _ = compare([out], "next-day", "ours", "theirs")
    assert mae.ratio < 1
    assert mae.high == 1


def test_comparing_says_it_in_words_or_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = block(tmp_path / "a", {"ours": [2.0], "theirs": [4.0]})
    assert compare_main([str(out), "--ours", "ours", "--theirs", "theirs"]) == 0
    assert "ours / theirs = 0.5" in capsys.readouterr().out
    assert compare_main([str(out), "--ours", "ours", "--theirs", "nobody"]) == 2
    assert "no forecasts of nobody" in capsys.readouterr().err
    with pytest.raises(ShelfcastError, match="not the horizon task"):
        compare([out], "horizon", "ours", "theirs")
