"""The benchmark: contestants on a shop's last days, each in a process of its own.

    python -m benchmarks.run --shop coffee --task next-day --test-days 33 --models classic,lightgbm --seeds 3 --out OUT

writes `OUT/forecasts/<model>-<seed>.parquet` (`unique_id, ds, cutoff, y, mean, median`) and `OUT/scores.csv`. The
columns of both are explained in `benchmarks/README.md`. What `OUT` already holds is not run again.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from benchmarks.contract import TASKS, HeldOut
from benchmarks.job import Job, run_job, write_panel
from benchmarks.models import MODELS
from benchmarks.scoring import Scorer
from benchmarks.shops import DATA, SHOPS, load_shop, sample_truth
from benchmarks.wrmsse import Wrmsse, m5_revenue
from shelfcast.errors import HistoryError, ShelfcastError
from shelfcast.panel import Panel
from shelfcast.writing import write_table

REFERENCE = "seasonal_naive"
SHOWN = [
    "task",
    "model",
    "seed",
    "recursive",
    "mae",
    "rmse",
    "wape",
    "bias_share",
    "rmsse",
    "wrmsse",
    "rmse_over_truth",
]
SHOWN += ["cpu_fit_s", "cpu_forecast_s", "peak_memory_mib"]


def main(argv: Sequence[str] | None = None) -> int:
    """Runs what is missing, scores everything; 0 done, 1 a contestant failed, 2 an error that the message explains."""
    arguments = _parser().parse_args(argv)
    try:
        return run(arguments)
    except ShelfcastError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("bench: interrupted; what was done is kept, and the same command goes on from there", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__.split("\n")[0])
    parser.add_argument("--shop", required=True, metavar="SHOP", help=f"{', '.join(SHOPS)}, or the path of a file")
    parser.add_argument("--task", choices=list(TASKS), default="next-day")
    parser.add_argument("--test-days", type=int, default=28, metavar="D", help="the last days, forecast (default: 28)")
    parser.add_argument("--models", default=REFERENCE, metavar="A,B,...", help=f"of {', '.join(MODELS)}")
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="seeds 0 to N-1 of each that has any")
    parser.add_argument("--until", metavar="DATE", help="the last test day (default: the last of the data)")
    parser.add_argument("--data", type=Path, default=DATA, metavar="DIR", help=f"of the real shops (default: {DATA})")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, metavar="N", help="of each contestant")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Raises: ShelfcastError: the shop, the models or the folder do not fit what is asked."""
    models = _models(arguments.models)
    panel = load_shop(arguments.shop, arguments.data, arguments.until)
    D = arguments.test_days
    if arguments.seeds < 1:
        raise ShelfcastError(f"{arguments.seeds} seeds cannot be run.", "Choose 1 or more.")
    if not 1 <= D <= len(panel.dates) - 2:
        raise HistoryError(f"{D} test days cannot be taken from {len(panel.dates)} days.", "Choose fewer.")
    first, last = panel.dates[-D], panel.last_day
    print(f"{arguments.shop}: {len(panel.products):,} products, {len(panel.dates):,} days; test {first} to {last}")
    _claim(arguments, panel)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "panel.npz"
        write_panel(panel, file)
        jobs = [
            Job(name, seed, arguments.task, D, file, arguments.out)
            for name in models
            for seed in range(arguments.seeds if MODELS[name].seeded else 1)
        ]
        failed = [job for job in jobs if not job.is_done and not _run_apart(job, arguments.threads)]
    if len(failed) == len(jobs):
        raise ShelfcastError("No contestant came to its end; their errors are above.")
    scores = _score(arguments, panel)
    write_table(scores, arguments.out / "scores.csv")
    with pd.option_context("display.width", 200, "display.max_columns", None, "display.max_rows", None):
        shown = scores[[column for column in SHOWN if not scores[column].isna().all()]]
        print(shown.sort_values(["task", "mae"]).to_string(index=False, float_format=lambda number: f"{number:.4g}"))
    for job in failed:
        print(f"bench: {job.model}, seed {job.seed}: failed, see above", file=sys.stderr)
    return 1 if failed else 0


def _models(given: str) -> list[str]:
    names = list(dict.fromkeys([*given.split(","), REFERENCE]))
    for name in names:
        if name not in MODELS:
            raise ShelfcastError(f"There is no model {name!r}.", f"Choose of: {', '.join(MODELS)}.")
        missing = [package for package in MODELS[name].packages if find_spec(package) is None]
        if missing:
            raise ShelfcastError(f"{name} needs {' and '.join(missing)}.", 'Install them: pip install -e ".[bench]"')
    return names


def _claim(arguments: argparse.Namespace, panel: Panel) -> None:
    """Notes in `OUT/run.json` what the folder is about.

    Raises:
        ShelfcastError: it is about something else, and its tables would not belong together.
    """
    about = {
        "shop": arguments.shop,
        "task": arguments.task,
        "test_days": arguments.test_days,
        "last_day": str(panel.last_day),
        "days": len(panel.dates),
        "products": len(panel.products),
        "units": float(panel.sales.sum(dtype="float64")),
    }
    path = arguments.out / "run.json"
    if path.exists():
        held = json.loads(path.read_text(encoding="utf-8"))
        other = [
            f"{name} {held.get(name)!r}, not {value!r}" for name, value in about.items() if held.get(name) != value
        ]
        if other:
            raise ShelfcastError(f"{arguments.out} holds another run: {'; '.join(other)}.", "Choose another --out.")
        return
    arguments.out.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


def _run_apart(job: Job, threads: int) -> bool:
    """Runs a job in a fresh process and says whether it came to its end."""
    print(f"{job.model}, seed {job.seed} ...", flush=True)
    # Threads that wait must not burn CPU seconds.
    os.environ.update(OMP_NUM_THREADS=str(threads), OPENBLAS_NUM_THREADS=str(threads), OMP_WAIT_POLICY="passive")
    process = multiprocessing.get_context("spawn").Process(target=run_job, args=(job,))
    process.start()
    process.join()
    return process.exitcode == 0


def _score(arguments: argparse.Namespace, panel: Panel) -> pd.DataFrame:
    """A row for each table of forecasts in the folder and each task in it."""
    D = arguments.test_days
    wrmsse = None
    if arguments.shop == "m5_stores":
        history = HeldOut.of(panel, D).history
        wrmsse = Wrmsse(history, m5_revenue(arguments.data / "m5", history))
    truth = sample_truth(panel.tail(D)) if arguments.shop == "sample" else None
    scorer = Scorer(arguments.shop, panel, D, wrmsse, truth)
    tables = sorted((arguments.out / "forecasts").glob("*.parquet"))
    return pd.DataFrame([row for table in tables for row in scorer.rows(table, arguments.task)])


if __name__ == "__main__":
    sys.exit(main())
