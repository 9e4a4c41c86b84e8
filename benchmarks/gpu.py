"""The catalog recipe on a GPU: its scores, all of M5 trained, a million products forecast, and what bounds them.

    python -m benchmarks.gpu [--parts scores,training,forecasts] [--device cpu] [--data DIR] [--products N] [--dir DIR]

Needs a CUDA device; without one it says so and ends with 2. With `--device cpu` the same is measured there. It prints

scores:    of `store_item` and `m5_CA_1`, seeds 0 to 2: MAE and RMSE of the last 28 days, next-day and ahead;
training:  seconds by the clock to train on all of M5, 30,490 products, after one training of a step that warms the
           device, and the profile of some steps;
forecasts: seconds by the clock of a sample shop of a million products: 28 days ahead by a full pass over the history,
           the nightly state anchored, a night taken in, and 28 days ahead from the state; the profile of the last.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch.profiler import ProfilerActivity, profile

from benchmarks.contract import HeldOut
from benchmarks.growth_shop import day_after, open_shop, write_shop
from benchmarks.shops import DATA, load_shop
from shelfcast.models.catalog import CatalogModel
from shelfcast.models.state import NightlyState
from shelfcast.panel import Panel
from shelfcast.recipe import CatalogRecipe
from shelfcast.windows import split_days

PARTS = ("scores", "training", "forecasts")
HORIZON, SEEDS, ROWS = 28, 3, 12
SCORED = ("store_item", "m5_CA_1")
PROFILED_STEPS = 20
SIDE = 8192  # of the matrices whose product says what the device can do

Result = TypeVar("Result")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__.splitlines()[0])
    parser.add_argument("--parts", default=",".join(PARTS), metavar="PART,...")
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--products", type=int, default=1_000_000)
    parser.add_argument("--dir", type=Path, metavar="DIR", help="for the files, 10 GB a million products")
    arguments = parser.parse_args()
    device, parts = torch.device(arguments.device), arguments.parts.split(",")
    if not set(parts) <= set(PARTS):
        parser.error(f"--parts are some of {', '.join(PARTS)}, not {arguments.parts}")
    if device.type == "cuda" and not torch.cuda.is_available():
        print("gpu: PyTorch sees no CUDA device here; nothing was measured.", file=sys.stderr)
        return 2
    print(torch.cuda.get_device_name() if device.type == "cuda" else "CPU", f"torch {torch.__version__}", flush=True)
    if "scores" in parts:
        for shop in SCORED:
            print_scores(shop, load_shop(shop, arguments.data), device)
    if "training" in parts:
        train_all(load_shop("m5_stores", arguments.data), device)
    if "forecasts" in parts:
        with tempfile.TemporaryDirectory(dir=arguments.dir) as folder:
            write_shop(Path(folder), arguments.products)
            forecast_all(open_shop(Path(folder)), device)
    return 0


def print_scores(shop: str, panel: Panel, device: torch.device) -> None:
    history, known, test = HeldOut.of(panel, HORIZON)
    for seed in range(SEEDS):
        seconds, model = by_the_clock(partial(fitted, history, CatalogRecipe(seed=seed), device), device)
        for task, said in (("next-day", model.next_days(known, HORIZON)), ("28 days", model.ahead(history, HORIZON))):
            mae = np.abs(said["median"] - test.sales)[test.observed].mean()
            rmse = np.sqrt(np.square(said["mean"] - test.sales)[test.observed].mean())
            print(f"{shop}, seed {seed}, {task}: MAE {mae:.4f}, RMSE {rmse:.4f}; fitted in {seconds:.1f} s", flush=True)


def train_all(panel: Panel, device: torch.device) -> None:
    print_ceilings(device)
    fitted(panel, CatalogRecipe(steps=1), device)
    seconds, _ = by_the_clock(lambda: fitted(panel, CatalogRecipe(), device), device)
    print(f"M5, {len(panel.products):,} products, trained in {seconds:.1f} s", flush=True)
    print_profile(lambda: fitted(panel, CatalogRecipe(steps=PROFILED_STEPS), device), device)


def forecast_all(panel: Panel, device: torch.device) -> None:
    model = fitted(panel, CatalogRecipe(steps=1), device)
    N = len(panel.products)
    next(model.ahead_by_block(panel, HORIZON))  # warms the device
    seconds, _ = by_the_clock(lambda: model.ahead(panel, HORIZON), device)
    print(f"{N:,} products, {HORIZON} days each, from the history in {seconds:.2f} s", flush=True)
    seconds, state = by_the_clock(lambda: NightlyState.anchored(model, panel), device)
    print(f"the nightly state anchored in {seconds:.2f} s", flush=True)
    state = NightlyState.from_tensors(state.to_tensors(), model)  # as it is read: what is known ahead lies in a row
    yesterday = day_after(panel)
    seconds, _ = by_the_clock(lambda: (state.update(yesterday), state.forecast(1)), device)
    print(f"a night taken in, and tomorrow's forecasts, in {seconds:.2f} s", flush=True)
    for _ in range(3):
        seconds, _ = by_the_clock(lambda: state.forecast(HORIZON), device)
        print(f"{HORIZON} days of each from the state in {seconds:.2f} s", flush=True)
    if device.type == "cuda":
        print(f"most memory of the device that was held: {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB")
    print_profile(lambda: state.forecast(HORIZON), device)


def fitted(panel: Panel, recipe: CatalogRecipe, device: torch.device) -> CatalogModel:
    split = split_days(len(panel.dates), recipe, test_days=0).without_validation()
    return CatalogModel.fit(panel, recipe, split, device)[0]


def by_the_clock(call: Callable[[], Result], device: torch.device) -> tuple[float, Result]:
    """Seconds until the device is done, and what the call returns."""
    finish(device)
    begun = time.perf_counter()
    result = call()
    finish(device)
    return time.perf_counter() - begun, result


def finish(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def print_ceilings(device: torch.device) -> None:
    """What the device reaches at best: a large product of matrices, a large copy."""
    x = torch.randn(SIDE, SIDE, device=device)
    torch.mm(x, x)  # these two warm the device
    x.clone()
    seconds, _ = by_the_clock(lambda: torch.mm(x, x), device)
    copied, _ = by_the_clock(lambda: x.clone(), device)
    moved = 2 * x.numel() * x.element_size()
    print(f"float32 products {2 * SIDE**3 / seconds / 1e12:.1f} TFLOP/s, copies {moved / copied / 1e9:,.0f} GB/s")


def print_profile(call: Callable[[], object], device: torch.device) -> None:
    """How much of the time the device is at work, and the operations that take the most, there and on the processor."""
    activities = [ProfilerActivity.CPU] + [ProfilerActivity.CUDA] * (device.type == "cuda")
    with profile(activities=activities) as profiled:
        seconds, _ = by_the_clock(call, device)
    averages = profiled.key_averages()
    kernels = [event for event in averages if event.device_type.name == "CUDA"]
    at_work = sum(event.self_device_time_total for event in kernels) / 1e6
    launches = sum(event.count for event in averages if event.key.startswith("cudaLaunch"))
    print(f"profiled: {seconds:.2f} s, the device at work for {at_work:.2f} s of them, {launches:,} kernels launched")
    for column in ("self_device_time_total", "self_cpu_time_total"):
        print(averages.table(sort_by=column, row_limit=ROWS, max_name_column_width=50), flush=True)


if __name__ == "__main__":
    sys.exit(main())
