"""One contestant, one seed, in a process of its own: what it forecast and what that cost."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from benchmarks.contract import HORIZON, NEXT_DAY, TASKS, Forecast, HeldOut
from benchmarks.models import MODELS, make
from shelfcast import __version__
from shelfcast.covariates import Covariates
from shelfcast.errors import ShelfcastError
from shelfcast.panel import DAY, Days, Floats, Panel
from shelfcast.writing import write_table

Result = TypeVar("Result")


@dataclass(frozen=True)
class Job:
    """What a process is told.

    Attributes:
        model: a key of `MODELS`.
        task: a key of `TASKS`.
        test_days: `D`.
        panel: a file of `write_panel`; its last `test_days` days are forecast.
        out: the folder of the benchmark.
    """

    model: str
    seed: int
    task: str
    test_days: int
    panel: Path
    out: Path

    @property
    def forecasts(self) -> Path:
        """Its table; written last, so that where it is, the job is done."""
        return self.out / "forecasts" / f"{self.model}-{self.seed}.parquet"

    @property
    def costs(self) -> Path:
        return self.forecasts.with_suffix(".json")

    @property
    def is_done(self) -> bool:
        return self.forecasts.exists()


@dataclass(frozen=True)
class Costs:
    """What a job took.

    Attributes:
        cpu_fit_s: CPU seconds of the fit, all threads and child processes. Imports do not count.
        cpu_forecast_s: a task to the CPU seconds of its forecast.
        fit_parts: CPU seconds of parts of the fit, where the contestant tells them apart.
        peak_memory_mib: the most that the process held at once, the panel and all libraries with it; NaN where the
            system does not tell.
        threads: it was allowed.
        versions: of Python and of what it was made with.
    """

    cpu_fit_s: float
    cpu_forecast_s: dict[str, float]
    fit_parts: dict[str, float]
    peak_memory_mib: float
    threads: int
    versions: str


def run_job(job: Job) -> None:
    """Fits, forecasts, and writes the two files of the job, the costs first.

    Raises:
        ShelfcastError: a forecast that is not a finite `[N, D]`.
    """
    tasks, D = TASKS[job.task], job.test_days
    model = make(job.model, job.seed, D if HORIZON in tasks else 1)
    history, known, test = HeldOut.of(read_panel(job.panel), D)
    parts, cpu_fit_s = _timed(lambda: model.fit(history))
    forecasts, cpu_forecast_s = {}, {}
    if HORIZON in tasks:
        forecasts[HORIZON], cpu_forecast_s[HORIZON] = _timed(lambda: model.ahead(history, D))
    if NEXT_DAY in tasks:
        forecasts[NEXT_DAY], cpu_forecast_s[NEXT_DAY] = _timed(lambda: model.next_day(known, D))
    for task, forecast in forecasts.items():
        _check(job.model, task, forecast, test)
    costs = Costs(
        cpu_fit_s=cpu_fit_s,
        cpu_forecast_s=cpu_forecast_s,
        fit_parts=dict(parts),
        peak_memory_mib=peak_memory_mib(),
        threads=int(os.environ["OMP_NUM_THREADS"]),
        versions=_versions(job.model),
    )
    job.out.joinpath("forecasts").mkdir(parents=True, exist_ok=True)
    job.costs.write_text(json.dumps(asdict(costs), indent=2) + "\n", encoding="utf-8")
    write_table(_table(forecasts, test), job.forecasts)


def read_costs(path: Path) -> Costs:
    return Costs(**json.loads(path.read_text(encoding="utf-8")))


def write_panel(panel: Panel, path: Path) -> None:
    """The panel as one `.npz`, so that a job holds nothing of how a shop is read."""
    more: dict[str, Any] = {f"attribute.{name}": values for name, values in panel.attributes.items()}
    if panel.covariates is not None:
        more |= {f"covariates.{name}": array for name, array in panel.covariates.to_arrays().items()}
    np.savez(path, sales=panel.sales, status=panel.status, dates=panel.dates, products=panel.products, **more)


def read_panel(path: Path) -> Panel:
    with np.load(path) as stored:

        def under(prefix: str) -> dict[str, Any]:
            return {name.removeprefix(prefix): stored[name] for name in stored.files if name.startswith(prefix)}

        covariates = Covariates.from_arrays(under("covariates."))
        days = stored["sales"], stored["status"], stored["dates"]
        return Panel(*days, stored["products"], under("attribute."), covariates)


def peak_memory_mib() -> float:
    """The most memory that this process has held at once.

    Linux's own high-water mark of the address space, not `ru_maxrss`: that one begins with what the parent held when
    it started this process.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    if sys.platform == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return float("nan")


def _timed(call: Callable[[], Result]) -> tuple[Result, float]:
    """What a call returns, and its CPU seconds: user and system, all threads, and children that have ended."""
    begun = sum(os.times()[:4])
    return call(), sum(os.times()[:4]) - begun


def _check(model: str, task: str, forecast: Forecast, test: Panel) -> None:
    for name, values in (("mean", forecast.mean), ("median", forecast.median)):
        if values is not None and (values.shape != test.sales.shape or not np.isfinite(values).all()):
            raise ShelfcastError(
                f"{model}, {task}: its {name} must be finite and {list(test.sales.shape)} (products, test days);"
                f" it is {list(values.shape)} with {int((~np.isfinite(values)).sum()):,} values that are not finite."
            )


def _table(forecasts: dict[str, Forecast], test: Panel) -> pd.DataFrame:
    """Long, by product, cutoff and day: `unique_id, ds, cutoff, y, mean, median`.

    The next-day forecast of the first test day is made from the origin of the horizon task: one forecast, one row.
    """
    before = test.dates - DAY
    frames = []
    if HORIZON in forecasts:
        cutoffs = np.full(len(test.dates), before[0])
        frames.append(_rows(forecasts[HORIZON], test, cutoffs, range(len(test.dates))))
    if NEXT_DAY in forecasts:
        frames.append(_rows(forecasts[NEXT_DAY], test, before, range(1 if frames else 0, len(test.dates))))
    table = pd.concat(frames, ignore_index=True)
    return table.sort_values(["unique_id", "cutoff", "ds"], kind="stable", ignore_index=True)


def _rows(forecast: Forecast, test: Panel, cutoffs: Days, days: range) -> pd.DataFrame:
    at, N = list(days), len(test.products)

    def units(values: Floats) -> Floats:
        return np.maximum(values[:, at], 0).astype(np.float32).ravel()

    nothing = np.full(test.sales.shape, np.nan, dtype=np.float32)
    return pd.DataFrame(
        {
            "unique_id": np.repeat(test.products, len(at)),
            "ds": np.tile(test.dates[at].astype("datetime64[us]"), N),
            "cutoff": np.tile(cutoffs[at].astype("datetime64[us]"), N),
            "y": np.where(test.observed, test.sales, np.float32("nan"))[:, at].ravel(),
            "mean": units(forecast.mean),
            "median": units(nothing if forecast.median is None else forecast.median),
        }
    )


def _versions(model: str) -> str:
    packages = [f"{name} {version(name)}" for name in MODELS[model].packages]
    return ", ".join([f"shelfcast {__version__}", f"python {platform.python_version()}", *packages])
