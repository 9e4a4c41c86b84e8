"""How fast the catalog recipe learns, beside the matrix products that this machine can do, and where the rest goes.

    python -m benchmarks.throughput [--shop store_item] [--steps 50] [--data DIR]

prints, of one thread: days of products that carry loss a CPU second; the floating-point operations of a step, of the
layers that multiply matrices, forward and backward; what part of the speed of a product of two 1024 x 1024 matrices,
measured in the same process before and after, they reach; and the CPU seconds of each part of a step.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"

import torch
import torch._dynamo
from torch import Tensor, nn

from benchmarks.shops import DATA, SHOPS, load_shop
from shelfcast.crops import Crop
from shelfcast.models.catalog import CatalogModel
from shelfcast.models.sampler import first_learnt
from shelfcast.networks.catalog import CatalogNetwork
from shelfcast.panel import Panel
from shelfcast.recipe import CatalogRecipe
from shelfcast.windows import split_days

GEMM = 1024
PARTS: dict[str, tuple[tuple[Any, str], ...]] = {
    "crops and features": ((Crop, "__init__"), (Crop, "ahead"), (Crop, "targets")),
    "convolution and LSTM, forward": ((CatalogNetwork, "run_over"),),
    "heads, forward": ((CatalogNetwork, "tomorrow"), (CatalogNetwork, "ahead")),
    "backward": ((Tensor, "backward"),),
    "optimiser": ((torch.optim.AdamW, "step"), (nn.utils, "clip_grad_norm_")),
}


@dataclass(frozen=True)
class Throughput:
    """What the steps of a training cost.

    Attributes:
        step_s: CPU seconds of a step. flops: of a step. days: of products that carry loss in a step.
        parts: CPU seconds a step of each of `PARTS`, and of all else.
        gemm: operations a CPU second of a matrix product, the mean of before and after.
    """

    step_s: float
    flops: float
    days: float
    parts: dict[str, float]
    gemm: float

    @property
    def share(self) -> float:
        """Of the speed of a matrix product."""
        return self.flops / self.step_s / self.gemm


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.throughput", description=__doc__.splitlines()[0])
    parser.add_argument("--shop", choices=SHOPS, default="store_item")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--data", type=Path, default=DATA)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    found = measure(load_shop(arguments.shop, arguments.data), arguments.steps)
    print(f"matrix product {found.gemm / 1e9:.1f} GFLOP/s; a step {found.flops / 1e9:.2f} GFLOP, {found.step_s:.3f} s")
    print(f"{found.days / found.step_s:,.0f} days of products a CPU second, {found.share:.1%} of the matrix product")
    for name, seconds in found.parts.items():
        print(f"{name:30} {seconds / found.step_s:6.1%}")
    return 0


def measure(panel: Panel, steps: int) -> Throughput:
    """Trains on all days but for the calibration: what is measured is the difference to a training of one step."""
    recipes = CatalogRecipe(steps=1), CatalogRecipe(steps=1 + steps)
    before = gemm_rate()
    costs: list[tuple[float, float, dict[str, float]]] = []
    for recipe in recipes:
        split = split_days(len(panel.dates), recipe, test_days=0).without_validation()
        with layers_counted() as flops, parts_timed() as parts:
            begun = time.process_time()
            CatalogModel.fit(panel, recipe, split, torch.device("cpu"))
            costs.append((time.process_time() - begun, flops[0], dict(parts)))
    (once_s, once_flops, once), (all_s, all_flops, all_parts) = costs
    step_s = (all_s - once_s) / steps
    shares = {name: (all_parts[name] - once[name]) / steps for name in PARTS}
    shares["all else"] = step_s - sum(shares.values())
    days = recipes[0].batch_size * (recipes[0].seq_len - first_learnt(recipes[0].seq_len))
    return Throughput(step_s, (all_flops - once_flops) / steps, days, shares, (before + gemm_rate()) / 2)


def gemm_rate(size: int = GEMM, times: int = 8) -> float:
    """Operations a CPU second of float32 matrix products."""
    a, b = torch.randn(2, size, size, generator=torch.Generator().manual_seed(0))
    torch.matmul(a, b)
    begun = time.process_time()
    for _ in range(times):
        torch.matmul(a, b)
    return 2 * size**3 * times / (time.process_time() - begun)


@contextmanager
def layers_counted() -> Iterator[list[float]]:
    """Counts the operations of linear layers, convolutions and LSTMs: twice their multiplications, and three times
    that where gradients are taken, as those of the weights and those of the inputs cost as much as the layer.
    """
    total = [0.0]

    def count(layer: nn.Module, inputs: tuple[Tensor, ...], output: Any) -> None:
        total[0] += 2 * multiplications(layer, inputs[0], output) * (3 if torch.is_grad_enabled() else 1)

    hook = nn.modules.module.register_module_forward_hook(count)
    try:
        yield total
    finally:
        hook.remove()


def multiplications(layer: nn.Module, inputs: Tensor, output: Any) -> int:
    """Of a layer of one of these kinds; 0 of any other."""
    if isinstance(layer, nn.Linear):
        return inputs.numel() * layer.out_features
    if isinstance(layer, nn.Conv1d):
        return int(output.numel()) * layer.in_channels * layer.kernel_size[0]
    if isinstance(layer, nn.LSTM):
        return inputs.shape[0] * inputs.shape[1] * 4 * layer.hidden_size * (layer.input_size + layer.hidden_size)
    return 0


@contextmanager
def parts_timed() -> Iterator[dict[str, float]]:
    """CPU seconds that are spent in each of `PARTS`; none of them calls another."""
    spent = dict.fromkeys(PARTS, 0.0)
    own = {(owner, name): getattr(owner, name) for calls in PARTS.values() for owner, name in calls}

    def timed(part: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **named: Any) -> Any:
            begun = time.process_time()
            try:
                return call(*arguments, **named)
            finally:
                spent[part] += time.process_time() - begun

        return run

    try:
        for part, calls in PARTS.items():
            for owner, name in calls:
                setattr(owner, name, timed(part, own[owner, name]))
        yield spent
    finally:
        for (owner, name), call in own.items():
            setattr(owner, name, call)


if __name__ == "__main__":
    sys.exit(main())
