"""One contestant in a process of its own: what it writes, and what it is said to cost."""

from __future__ import annotations

import multiprocessing
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks import job as job_module
from benchmarks.contract import Forecast
from benchmarks.job import Job, peak_memory_mib, read_costs, read_panel, run_job, write_panel
from benchmarks.scoring import Scorer, forecast_of
from shelfcast import Panel, Status
from shelfcast.covariates import Covariates, Signal
from shelfcast.errors import ShelfcastError
from shelfcast.evaluation.metrics import rmsse_scale, score

D = 5


class Planned:
    """Says 10 n + d of product n and day d ahead, 1,000 more on the next-day task, and half of all that as median."""

    def __init__(self, has_median: bool = True) -> None:
        self.has_median = has_median

    def fit(self, history: Panel) -> dict[str, float]:
        assert len(history.dates) == 20 - D
        return {"thinking": 0.25}

    def _said(self, panel: Panel, more: float) -> Forecast:
        mean = (10 * np.arange(len(panel.products))[:, None] + np.arange(D) + more).astype(np.float32)
        return Forecast(mean, (mean / 2).astype(np.float32) if self.has_median else None)

    def ahead(self, history: Panel, days: int) -> Forecast:
        assert len(history.dates) == 20 - D
        return self._said(history, 0)

    def next_day(self, known: Panel, days: int) -> Forecast:
        assert len(known.dates) == 20 - 1
        return self._said(known, 1000)


def shop() -> Panel:
    sales = np.random.default_rng(0).poisson(20, (3, 20)).astype(np.float32)
    status = np.ones((3, 20), dtype=np.uint8)
    status[1, -2] = Status.SOLD_OUT
    return Panel.of(
        sales,
        np.datetime64("2024-03-01") + np.arange(20),
        ["a", "b", "c"],
        status,
        {"kind": np.array(["x"] * 3)},
        Covariates(
            22,
            np.arange(66, dtype=np.float32).reshape(3, 22),
            {"promotion": Signal(np.eye(1, 22, dtype=np.float32), np.zeros(3, np.int64))},
            {"feast": np.arange(22) == 21},
        ),
    )


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(job_module, "make", lambda name, seed, horizon: Planned())
    write_panel(shop(), tmp_path / "panel.npz")
    return Job("ridge", 3, "both", D, tmp_path / "panel.npz", tmp_path)


def test_a_panel_comes_back_as_it_was(tmp_path: Path) -> None:
    write_panel(shop(), tmp_path / "panel.npz")
    panel = read_panel(tmp_path / "panel.npz")
    for name in ("sales", "status", "dates", "products"):
        assert getattr(panel, name).tolist() == getattr(shop(), name).tolist()
    assert panel.attributes["kind"].tolist() == ["x"] * 3
    assert panel.covariate_names == shop().covariate_names
    assert panel.covariates is not None
    for name, array in shop().covariates.to_arrays().items():  # type: ignore[union-attr]
        assert panel.covariates.to_arrays()[name].tolist() == array.tolist()


def test_the_table_has_a_row_for_each_product_origin_and_day_once(job: Job) -> None:
    run_job(job)
    table = pd.read_parquet(job.forecasts)
    assert job.forecasts.name == "ridge-3.parquet"
    assert table.columns.tolist() == ["unique_id", "ds", "cutoff", "y", "mean", "median"]
    assert not table.duplicated(["unique_id", "ds", "cutoff"]).any()
    assert len(table) == 3 * (2 * D - 1)  # the first day has one origin in both tasks
    assert (table["ds"] > table["cutoff"]).all()


def test_the_tasks_are_told_apart_by_the_cutoff(job: Job) -> None:
    run_job(job)
    test = shop().tail(D)
    table = pd.read_parquet(job.forecasts).sample(frac=1, random_state=0)
    horizon, next_day = (forecast_of(table, task, test) for task in ("horizon", "next-day"))
    assert horizon.mean[1].tolist() == [10, 11, 12, 13, 14]
    assert next_day.mean[1].tolist() == [10, 1011, 1012, 1013, 1014]
    assert next_day.median is not None
    assert next_day.median[2].tolist() == [10, 510.5, 511, 511.5, 512]


def test_what_was_not_observed_has_no_y(job: Job) -> None:
    run_job(job)
    table, test = pd.read_parquet(job.forecasts), shop().tail(D)
    unknown = table[table["y"].isna()]
    assert set(zip(unknown["unique_id"], unknown["ds"].astype(str), strict=True)) == {("b", "2024-03-19")}
    known = table[table["unique_id"] == "a"].drop_duplicates("ds").sort_values("ds")
    assert known["y"].tolist() == test.sales[0].tolist()


@pytest.mark.parametrize("has_median", [True, False])
def test_mae_is_of_the_median_and_all_else_of_the_mean(
    job: Job, has_median: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_module, "make", lambda name, seed, horizon: Planned(has_median))
    run_job(job)
    panel, test = shop(), shop().tail(D)
    rows = Scorer("here", panel, D, wrmsse=None).rows(job.forecasts, "both")
    assert [(row["task"], row["model"], row["seed"]) for row in rows] == [
        ("next-day", "ridge", 3),
        ("horizon", "ridge", 3),
    ]
    scale = rmsse_scale(panel.sales[:, :-D])
    said = forecast_of(pd.read_parquet(job.forecasts), "horizon", test)
    assert (said.median is not None) == has_median
    of_mean = score(test.sales, said.mean, test.observed, scale)
    of_point = of_mean if said.median is None else score(test.sales, said.median, test.observed, scale)
    row = rows[1]
    assert (row["mae"], row["mae_median"]) == (of_point.mae, of_point.mae_median)
    assert row["mae_of"] == ("median" if has_median else "mean")
    for name in ("mse", "rmse", "wape", "bias", "bias_share", "rmsse"):
        assert row[name] == getattr(of_mean, name)


def test_a_table_of_another_shop_is_refused(job: Job) -> None:
    run_job(job)
    with pytest.raises(ShelfcastError, match="not of this shop"):
        Scorer("here", shop().until("2024-03-19"), D, wrmsse=None).rows(job.forecasts, "both")


def test_forecasts_below_zero_are_clipped_and_those_that_are_no_numbers_refused(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Wild(Planned):
        value = -1.0

        def _said(self, panel: Panel, more: float) -> Forecast:
            return Forecast(np.full((3, D), self.value, dtype=np.float32))

    monkeypatch.setattr(job_module, "make", lambda name, seed, horizon: Wild())
    run_job(job)
    assert (pd.read_parquet(job.forecasts)["mean"] == 0).all()
    assert pd.read_parquet(job.forecasts)["median"].isna().all()
    monkeypatch.setattr(Wild, "value", np.nan)
    with pytest.raises(ShelfcastError, match="15 values that are not finite"):
        run_job(job)


def test_cpu_seconds_hold_all_threads(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    def burn() -> None:
        block = np.ones((500, 500))
        until = time.thread_time() + 0.3
        while time.thread_time() < until:
            block @ block  # without the interpreter's lock

    class Busy(Planned):
        def fit(self, history: Panel) -> dict[str, float]:
            threads = [threading.Thread(target=burn) for _ in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            return {}

    monkeypatch.setattr(job_module, "make", lambda name, seed, horizon: Busy())
    run_job(job)
    costs = read_costs(job.costs)
    assert costs.cpu_fit_s > 0.5
    assert costs.cpu_forecast_s.keys() == {"next-day", "horizon"}
    assert max(costs.cpu_forecast_s.values()) < 0.3


def test_costs_say_the_parts_the_threads_and_the_versions(job: Job) -> None:
    run_job(job)
    costs = read_costs(job.costs)
    assert costs.fit_parts == {"thinking": 0.25}
    assert costs.threads == 1
    assert f"numpy {np.__version__}" in costs.versions


def _put_peak(queue: multiprocessing.Queue[float]) -> None:
    queue.put(peak_memory_mib())


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells it apart from the parent's")
def test_peak_memory_is_the_processs_own_and_not_its_parents() -> None:
    ballast = np.ones(60_000_000)  # 458 MiB
    context = multiprocessing.get_context("spawn")
    queue: multiprocessing.Queue[float] = context.Queue()
    process = context.Process(target=_put_peak, args=(queue,))
    process.start()
    peak = queue.get(timeout=60)
    process.join()
    queue.close()
    assert peak_memory_mib() > ballast.nbytes / 2**20
    assert 10 < peak < ballast.nbytes / 2**20


def test_the_true_expected_demand_scores_1_over_itself(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_module, "make", lambda name, seed, horizon: Planned())
    run_job(job)
    panel = shop()
    said = forecast_of(pd.read_parquet(job.forecasts), "horizon", panel.tail(D)).mean
    row = Scorer("here", panel, D, truth=said).rows(job.forecasts, "both")[1]
    assert row["rmse_over_truth"] == 1
    row = Scorer("here", panel, D, truth=panel.tail(D).sales + 1).rows(job.forecasts, "both")[1]
    assert row["rmse_over_truth"] == pytest.approx(row["rmse"])
