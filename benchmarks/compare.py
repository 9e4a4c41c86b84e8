"""Is one contestant better than another? A paired bootstrap over products.

    python -m benchmarks.compare OUT [OUT ...] --task next-day --ours catalog --theirs lightgbm

Each folder is a block of test days that `benchmarks.run` wrote; errors are pooled over blocks and averaged over seeds.
Products are drawn with replacement, the same for both sides, and the ratio of errors, ours over theirs, is taken anew
each time: below 1 is better, and the claim holds if the whole 95 % interval lies below 1.

Source: Efron and Tibshirani (1993), "An introduction to the bootstrap", chapter 13 (percentile intervals).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.contract import HORIZON, NEXT_DAY, TASKS
from benchmarks.scoring import rows_of
from shelfcast.errors import ShelfcastError

DRAWS = 2_000
_AT_ONCE = 50  # draws

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Ratio:
    """Ours over theirs.

    Attributes:
        error: `mae` (of the median, where there is one) or `rmse` (of the mean).
        ratio: of all products.
        low, high: 95 % interval over draws of products.
        better: share of the draws in which ours is lower.
    """

    error: str
    ratio: float
    low: float
    high: float
    better: float


def compare(outs: Sequence[Path], task: str, ours: str, theirs: str, seed: int = 0) -> list[Ratio]:
    """The ratio of the two errors, each with its interval.

    Raises:
        ShelfcastError: a folder is none of the benchmark's, of another task, or lacks one of the two.
    """
    sides = [pd.concat([_errors(out, task, model) for out in outs]).groupby(level=0).sum() for model in (ours, theirs)]
    if not sides[0].index.equals(sides[1].index):
        raise ShelfcastError(f"{ours} and {theirs} were not scored on the same products.")
    N = len(sides[0])
    chance = np.random.default_rng(seed)

    def ratios(weights: NDArray[np.int64]) -> Doubles:
        """`[draws, 2]` of `weights[draws, N]`, how often each product counts."""
        own, their = (weights @ side.to_numpy(dtype=np.float64) for side in sides)
        relative: Doubles = (own / their) ** np.array([1, 0.5])  # the second are squares
        return relative

    whole = ratios(np.ones((1, N), dtype=np.int64))[0]
    drawn = np.concatenate(
        [ratios(chance.multinomial(N, np.full(N, 1 / N), _AT_ONCE)) for _ in range(DRAWS // _AT_ONCE)]
    )
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    better = np.mean(drawn < 1, axis=0)
    return [Ratio(*values) for values in zip(("mae", "rmse"), whole, low, high, better, strict=True)]


def _errors(out: Path, task: str, model: str) -> pd.DataFrame:
    """A row a product: its mean absolute error, and its sum of squared errors; both the mean over seeds."""
    if not (out / "run.json").is_file():
        raise ShelfcastError(f"{out} is no folder of the benchmark.")
    run = json.loads((out / "run.json").read_text(encoding="utf-8"))["task"]
    if task not in TASKS[run]:
        raise ShelfcastError(f"{out} holds the {run} task, not the {task} task.")
    tables = [path for path in sorted((out / "forecasts").glob("*.parquet")) if path.stem.rpartition("-")[0] == model]
    if not tables:
        raise ShelfcastError(f"{out} holds no forecasts of {model}.", "Run it there first.")
    seeds = []
    for path in tables:
        rows = rows_of(pd.read_parquet(path), task).dropna(subset="y")
        point = rows["mean"] if rows["median"].isna().any() else rows["median"]
        errors = {
            "mae": np.abs(point - rows["y"]),
            "squares": np.square(rows["mean"] - rows["y"], dtype=np.float64),
        }
        by_product = pd.DataFrame(errors).groupby(rows["unique_id"])
        seeds.append(pd.DataFrame({"mae": by_product["mae"].mean(), "squares": by_product["squares"].sum()}))
    return sum(seeds[1:], start=seeds[0]) / len(seeds)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=__doc__.split("\n")[0])
    parser.add_argument(
        "outs", type=Path, nargs="+", metavar="OUT", help="folders that benchmarks.run wrote, one a block"
    )
    parser.add_argument("--task", choices=[NEXT_DAY, HORIZON], default=NEXT_DAY)
    parser.add_argument("--ours", required=True, metavar="MODEL")
    parser.add_argument("--theirs", required=True, metavar="MODEL")
    arguments = parser.parse_args(argv)
    try:
        ratios = compare(arguments.outs, arguments.task, arguments.ours, arguments.theirs)
    except ShelfcastError as error:
        print(f"compare: {error}", file=sys.stderr)
        return 2
    for one in ratios:
        print(
            f"{one.error:4}  {arguments.ours} / {arguments.theirs} = {one.ratio:.4f}"
            f"  95 % {one.low:.4f} to {one.high:.4f}  better in {one.better:.1%} of {DRAWS:,} draws"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
