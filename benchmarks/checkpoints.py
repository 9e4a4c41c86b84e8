"""What checkpoints cost: one write, and its share of the time between two.

    python -m benchmarks.checkpoints m5_items [--recipe catalog] [--minutes 5] [--writes 10] [--data DIR]

The state is that of a training of the shop (weights, their average or best, two moments of the optimiser), of random
numbers: what is written is as large, and the training itself is not run. The share is of a training that does nothing
else in these minutes than to step and to write once.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import torch

from benchmarks.shops import DATA, load_shop
from shelfcast.checkpoint import Checkpoint, Checkpoints, Standing, named
from shelfcast.models import fit_model
from shelfcast.recipe import DEFAULT_RECIPE, RECIPES, make_recipe
from shelfcast.windows import split_days

_FEWEST = {"classic": {"epochs": 1}, "catalog": {"steps": 1}}  # of a training that only makes the weights


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.checkpoints", description=__doc__.splitlines()[0])
    parser.add_argument("shop")
    parser.add_argument("--recipe", choices=list(RECIPES), default=DEFAULT_RECIPE)
    parser.add_argument("--minutes", type=float, default=Checkpoints.minutes)
    parser.add_argument("--writes", type=int, default=10)
    parser.add_argument("--data", type=Path, default=DATA)
    arguments = parser.parse_args()
    panel = load_shop(arguments.shop, arguments.data)
    panel = panel.tail(120)  # the weights hang on the products, not on the days
    recipe = make_recipe(arguments.recipe, **_FEWEST[arguments.recipe])
    model, _ = fit_model(panel, recipe, split_days(len(panel.dates), recipe, 28), torch.device("cpu"))
    weights = model.network.state_dict()
    tensors: dict[str, torch.Tensor] = {}
    for part in ("network.", "kept.", "optimiser.exp_avg.", "optimiser.exp_avg_sq."):
        tensors |= named(part, {name: torch.rand_like(weight) for name, weight in weights.items()})
    size = sum(tensor.nbytes for tensor in tensors.values())
    wall, cpu = [], []
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Checkpoint(Path(folder) / "run.safetensors", arguments.minutes, False, "benchmark")
        for step in range(arguments.writes):
            begun = time.monotonic(), time.process_time()
            checkpoint.save(Standing(tensors, {"step": step, "errors": [0.5] * 100}))
            wall.append(time.monotonic() - begun[0])
            cpu.append(time.process_time() - begun[1])
    slowest, usual = max(wall), statistics.median(wall)
    print(f"{arguments.shop}, {recipe.name}: {len(panel.products):,} products, a checkpoint of {size / 2**20:.1f} MiB")
    print(f"one write: {usual:.3f} s (slowest of {len(wall)}: {slowest:.3f} s), {statistics.median(cpu):.3f} CPU s")
    print(
        f"share of {arguments.minutes:g} minutes: {usual / (arguments.minutes * 60):.4%} (slowest write: "
        f"{slowest / (arguments.minutes * 60):.4%})"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
