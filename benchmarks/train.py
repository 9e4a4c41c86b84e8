"""What it costs to train a shop to the end: scores, refit, model folder and report.

    python -m benchmarks.train m5_items --test-days 28 [--recipe classic] [--epochs N] [--data DIR]

prints CPU seconds (all threads, imports and reading not counted), the most memory that the process held, and the
verdict.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.shops import DATA, load_shop
from shelfcast import Forecaster
from shelfcast.recipe import DEFAULT_RECIPE, RECIPES


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.train", description=__doc__.splitlines()[0])
    parser.add_argument("shop")
    parser.add_argument("--test-days", type=int)
    parser.add_argument("--recipe", choices=list(RECIPES), default=DEFAULT_RECIPE)
    parser.add_argument("--epochs", type=int, help="bounds the training where only the memory is asked for")
    parser.add_argument("--data", type=Path, default=DATA)
    arguments = parser.parse_args()
    panel = load_shop(arguments.shop, arguments.data)
    settings = {} if arguments.epochs is None else {"epochs": arguments.epochs}
    forecaster = Forecaster(arguments.recipe, device="cpu", **settings)
    start = time.process_time()
    forecaster.fit(panel, arguments.test_days)
    fitted = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        forecaster.save(folder)
    saved = time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # KiB on Linux
    print(f"{arguments.shop}: fit {fitted - start:.0f} CPU s, save {saved - fitted:.0f} CPU s, peak {peak:,.0f} MiB")
    if forecaster.result is not None:
        print(forecaster.result.summary())
    return 0


if __name__ == "__main__":
    sys.exit(main())
