"""The catalog recipe on a GPU: scores beside the CPU's, all of M5 trained, a million products forecast, the profile.

    python -m benchmarks.gpu [--data DIR] [--products 1000000] [--dir DIR]

Needs a CUDA device; without one it says so and ends with 2. It prints

1. `store_item`, seeds 0 to 2: MAE and RMSE of the last 28 days on the CPU and on the device, next-day and ahead;
2. seconds by the clock to train on all of M5, 30,490 products, after one training of a step that warms the device;
3. seconds by the clock to forecast 28 days of a sample shop of a million products, after a few blocks that warm it;
4. what these two spend their time in, by `torch.profiler`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch.profiler import ProfilerActivity, profile

from benchmarks.growth_shop import open_shop, write_shop
from benchmarks.shops import DATA, load_shop
from shelfcast.models.catalog import CatalogModel
from shelfcast.panel import Panel
from shelfcast.recipe import CatalogRecipe
from shelfcast.windows import split_days

HORIZON, SEEDS, ROWS = 28, 3, 15
WARM_BLOCKS, PROFILED_BLOCKS, PROFILED_STEPS = 4, 32, 20

Result = TypeVar("Result")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--products", type=int, default=1_000_000)
    parser.add_argument("--dir", type=Path, metavar="DIR", help="for the files, 10 GB a million products")
    arguments = parser.parse_args()
    if not torch.cuda.is_available():
        print("gpu: PyTorch sees no CUDA device here; nothing was measured.", file=sys.stderr)
        return 2
    device = torch.device("cuda")
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}")
    scores_beside_cpu(load_shop("store_item", arguments.data), device)
    train_all(load_shop("m5_stores", arguments.data), device)
    with tempfile.TemporaryDirectory(dir=arguments.dir) as folder:
        write_shop(Path(folder), arguments.products)
        forecast_all(open_shop(Path(folder)), device)
    return 0


def scores_beside_cpu(panel: Panel, device: torch.device) -> None:
    history = panel.until(panel.dates[-1 - HORIZON])
    y, counts = panel.sales[:, -HORIZON:], panel.observed[:, -HORIZON:]
    for seed in range(SEEDS):
        for place in (torch.device("cpu"), device):
            model = fitted(history, CatalogRecipe(seed=seed), place)
            known = panel.until(panel.dates[-2])
            for task, said in (("next-day", model.next_days(known, HORIZON)), ("ahead", model.ahead(history, HORIZON))):
                mae = np.abs(said["median"] - y)[counts].mean()
                rmse = np.sqrt(np.square(said["mean"] - y)[counts].mean())
                print(f"store_item, seed {seed}, {place.type:4}, {task:8}: MAE {mae:.3f}, RMSE {rmse:.3f}")


def train_all(panel: Panel, device: torch.device) -> None:
    fitted(panel, CatalogRecipe(steps=1), device)
    seconds, _ = by_the_clock(lambda: fitted(panel, CatalogRecipe(), device), device)
    print(f"M5, {len(panel.products):,} products, trained in {seconds:.1f} s")
    print_profile(lambda: fitted(panel, CatalogRecipe(steps=PROFILED_STEPS), device))


def forecast_all(panel: Panel, device: torch.device) -> None:
    model = fitted(panel, CatalogRecipe(steps=1), device)

    def some(blocks: int) -> None:
        for units in islice(model.ahead_by_block(panel, HORIZON), blocks):
            units.cpu()

    some(WARM_BLOCKS)
    seconds, _ = by_the_clock(lambda: model.ahead(panel, HORIZON), device)
    print(f"{len(panel.products):,} products, {HORIZON} days each, forecast in {seconds:.1f} s")
    print_profile(lambda: some(PROFILED_BLOCKS))


def fitted(panel: Panel, recipe: CatalogRecipe, device: torch.device) -> CatalogModel:
    split = split_days(len(panel.dates), recipe, test_days=0).without_validation()
    return CatalogModel.fit(panel, recipe, split, device)[0]


def by_the_clock(call: Callable[[], Result], device: torch.device) -> tuple[float, Result]:
    """Seconds until the device is done, and what the call returns."""
    torch.cuda.synchronize(device)
    begun = time.perf_counter()
    result = call()
    torch.cuda.synchronize(device)
    return time.perf_counter() - begun, result


def print_profile(call: Callable[[], object]) -> None:
    """The operations that take the most time on the device, and the most on the processor that feeds it."""
    with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as profiled:
        call()
        torch.cuda.synchronize()
    averages = profiled.key_averages()
    print(averages.table(sort_by="self_cuda_time_total", row_limit=ROWS))
    print(averages.table(sort_by="self_cpu_time_total", row_limit=ROWS))


if __name__ == "__main__":
    sys.exit(main())
