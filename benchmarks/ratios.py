"""Our errors over those of the best peer, shop by shop and task by task, and their geometric mean.

    python -m benchmarks.ratios out/* --ours catalog

Each folder is a block of test days that `benchmarks.run` wrote. Seeds are averaged, then the blocks of a shop; a peer
counts where it was run on every block of that shop on which we were. MAE is of the median where there is one, RMSE of
the mean: each objective against its like.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from shelfcast.errors import ShelfcastError

ERRORS = ("mae", "rmse")


def ratios(outs: Sequence[Path], ours: str) -> pd.DataFrame:
    """`shop, task, error, blocks, ours, peer, theirs, ratio`; `peer` is the best one of that row.

    Raises:
        ShelfcastError: a folder has no scores, or none of them has ours and a peer on the same days.
    """
    scores = pd.concat([_scores(out) for out in outs], ignore_index=True)
    scores["mse"] = scores["rmse"] ** 2
    seeds = scores.groupby(["shop", "task", "last_day", "model"], as_index=False)[["mae", "mse"]].mean()
    rows = []
    for (shop, task), group in seeds.groupby(["shop", "task"]):
        blocks = set(group.loc[group["model"] == ours, "last_day"])
        there = group[group["last_day"].isin(blocks)]
        whole = there.groupby("model").filter(lambda rows: len(rows) == len(blocks))  # noqa: B023  used at once
        means = whole.groupby("model")[["mae", "mse"]].mean()
        means["rmse"] = means.pop("mse") ** 0.5
        if ours not in means.index or len(means) < 2:
            continue
        for error in ERRORS:
            peers = means[error].drop(ours)
            own, best = means.loc[ours, error], peers.min()
            rows.append((shop, task, error, len(blocks), own, peers.idxmin(), best, own / best))
    if not rows:
        raise ShelfcastError(f"No folder has {ours} and a peer on the same days.", "Run both into the same folder.")
    return pd.DataFrame(rows, columns=["shop", "task", "error", "blocks", "ours", "peer", "theirs", "ratio"])


def _scores(out: Path) -> pd.DataFrame:
    file = out / "scores.csv"
    if not file.is_file():
        raise ShelfcastError(f"{out} has no scores.csv.", "Name folders that benchmarks.run wrote.")
    return pd.read_csv(file)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ratios", description=__doc__.split("\n")[0])
    parser.add_argument("outs", nargs="+", type=Path, metavar="OUT", help="folders of benchmarks.run")
    parser.add_argument("--ours", default="catalog", metavar="MODEL")
    arguments = parser.parse_args(argv)
    try:
        table = ratios(arguments.outs, arguments.ours)
    except ShelfcastError as error:
        print(f"ratios: {error}", file=sys.stderr)
        return 2
    print(table.to_string(index=False, float_format=lambda number: f"{number:.4g}"))
    print(f"geometric mean {np.exp(np.log(table['ratio']).mean()):.4f}, highest {table['ratio'].max():.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
