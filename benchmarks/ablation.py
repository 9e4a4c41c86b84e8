"""What each ingredient of `catalog` buys: the same fit without it, on the same days.

    python -m benchmarks.ablation --shop m5_items --until 2016-03-27 --seeds 2 --out out/ablation.csv

writes a row for each ingredient, seed and task; rows that the table already holds are not run again.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pandas as pd
import torch
from torch import Tensor, nn

from benchmarks.contract import HORIZON, NEXT_DAY, HeldOut
from benchmarks.peers.recipes import OwnRecipe
from benchmarks.rows import Rows
from benchmarks.shops import DATA, load_shop
from shelfcast import crops
from shelfcast.errors import ShelfcastError
from shelfcast.evaluation.metrics import rmsse_scale, score
from shelfcast.features.level import Levels, follow_levels
from shelfcast.features.totals import Totals
from shelfcast.features.year_ago import YearAgo
from shelfcast.models import catalog_training, sampler
from shelfcast.networks.catalog import CatalogNetwork
from shelfcast.panel import Panel

WHOLE = "nothing removed"


class _Silent(nn.Module):
    """A highway that adds nothing."""

    def forward(self, x: Tensor) -> Tensor:
        return x.new_zeros(*x.shape[:-1], 1)


class _Forgetful(nn.LSTM):
    """An LSTM whose state is always zero."""

    def forward(self, x: Tensor, hx: Any = None) -> Any:  # type: ignore[override]
        empty = x.new_zeros(1, len(x), self.hidden_size)
        return x.new_zeros(*x.shape[:2], self.hidden_size), (empty, empty)


def _without_lstm() -> Any:
    return patch.object(nn, "LSTM", _Forgetful)


def _without_highways() -> Any:
    make = CatalogNetwork.__init__

    def made(self: CatalogNetwork, *arguments: Any, **settings: Any) -> None:
        make(self, *arguments, **settings)
        self.near_highway = self.far_highway = _Silent()  # type: ignore[assignment]

    return patch.object(CatalogNetwork, "__init__", made)


@contextmanager
def _without_forks() -> Iterator[None]:
    with (
        patch.object(catalog_training, "first_learnt", lambda L: L - 1),
        patch.object(sampler, "first_learnt", lambda L: L - 1),
    ):
        yield


def _without_scale() -> Any:
    def in_units(*arguments: Any) -> Levels:
        levels = follow_levels(*arguments)
        return replace(levels, level=torch.ones_like(levels.level))

    return patch.object(crops, "follow_levels", in_units)


def _without_year_ago() -> Any:
    channels = YearAgo.channels
    return patch.object(YearAgo, "channels", lambda *arguments: torch.zeros_like(channels(*arguments)))


@contextmanager
def _without_context() -> Iterator[None]:
    of, ahead = Totals.of, Totals.year_ago_channels

    def empty(*arguments: Any) -> Totals:
        totals = of(*arguments)
        return replace(totals, now=torch.zeros_like(totals.now))

    silent = patch.object(Totals, "year_ago_channels", lambda *arguments: torch.zeros_like(ahead(*arguments)))
    with patch.object(Totals, "of", empty), silent:
        yield


def _without_counts() -> Any:
    return patch.object(Panel, "in_whole_units", lambda *_: False)


@contextmanager
def _as_it_is() -> Iterator[None]:
    yield


# ingredient: settings, and what is patched while the model is fitted and asked
ABLATIONS: dict[str, tuple[dict[str, Any], Callable[[], Any]]] = {
    WHOLE: ({}, _as_it_is),
    "CNN": ({"kernel_size": 1}, _as_it_is),
    "LSTM": ({}, _without_lstm),
    "CNN and LSTM": ({"kernel_size": 1}, _without_lstm),
    "forked origins": ({}, _without_forks),
    "causal scale": ({}, _without_scale),
    "covariates": ({}, _as_it_is),
    "a year ago": ({}, _without_year_ago),
    "catalog's context": ({}, _without_context),
    "average of the weights": ({"averaging": 0.0}, _as_it_is),
    "linear highways": ({}, _without_highways),
    "all but 3 days (seq_len 3)": ({"seq_len": 3}, _as_it_is),
    "counts as medians": ({}, _without_counts),
}


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ablation", description=__doc__.split("\n")[0])
    parser.add_argument("--shop", required=True)
    parser.add_argument("--until", metavar="DATE")
    parser.add_argument("--data", type=Path, default=DATA, metavar="DIR")
    parser.add_argument("--test-days", type=int, default=28, metavar="D")
    parser.add_argument("--seeds", type=int, default=1, metavar="N")
    parser.add_argument("--only", default=",".join(ABLATIONS), metavar="A,B", help="of: " + "; ".join(ABLATIONS))
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.csv")
    arguments = parser.parse_args(argv)
    names = arguments.only.split(",")
    try:
        if unknown := set(names) - ABLATIONS.keys():
            raise ShelfcastError(
                f"There is no {', '.join(sorted(unknown))} to leave out.", f"Choose {list(ABLATIONS)}."
            )
        rows, panel = Rows(arguments.out), load_shop(arguments.shop, arguments.data, arguments.until)
    except ShelfcastError as error:
        print(f"ablation: {error}", file=sys.stderr)
        return 2
    about = {"shop": arguments.shop, "last_day": str(panel.last_day), "test_days": arguments.test_days}
    for seed in range(arguments.seeds):
        for name in names:
            key = about | {"without": name, "seed": seed}
            found = rows.of(key, partial(run, panel, name, seed, arguments.test_days))
            print(pd.DataFrame(found).to_string(index=False, header=False), flush=True)
    return 0


def run(panel: Panel, name: str, seed: int, days: int) -> list[dict[str, Any]]:
    """A row for each task: errors of mean and median on the last `days` days, and the CPU seconds of the fit."""
    settings, patched = ABLATIONS[name]
    if name == "covariates":
        panel = replace(panel, covariates=None)
    history, known, test = HeldOut.of(panel, days)
    with patched():
        model = OwnRecipe("catalog", seed, **settings)
        begun = time.process_time()
        model.fit(history)
        cpu = time.process_time() - begun
        said = {NEXT_DAY: model.next_day(known, days), HORIZON: model.ahead(history, days)}
    rows = []
    for task, forecast in said.items():
        assert forecast.median is not None
        scale = rmsse_scale(history.sales)
        mean, median = (score(test.sales, f, test.observed, scale) for f in (forecast.mean, forecast.median))
        rows.append(
            {"task": task, "mae": median.mae, "mae_of_mean": mean.mae, "rmse": mean.rmse, "bias": mean.bias_share}
            | {"cpu_fit_s": round(cpu, 1)}
        )
    return rows


if __name__ == "__main__":
    sys.exit(main())
