"""What the catalog recipe costs as the catalog grows: time and memory, a process for each size.

    python -m benchmarks.growth --products 1000,10000,100000,1000000 --out out/growth.csv [--part 20480] [--threads 2]
        [--dir DIR]

Each shop is a sample shop of 730 days with prices, promotions and holidays, whose arrays lie in files that are mapped
into memory; `growth_shop.py` says how it is made. A process opens it, fits `catalog` for 50 steps, forecasts 28 days of
all products, anchors the nightly state and takes in one night. What `--out` already holds is not run again.

With `--part N`, only the first N products of a larger shop are run through the network and anchored, and the seconds
of that are multiplied up; the fit, what is made once for all products, and the night are always of the whole shop. A
night's cost does not depend on what the state holds, so the state of the whole shop repeats that of its part.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
import torch._dynamo  # PyTorch loads it with the first optimiser: an import, and imports do not count
from torch import Tensor

from benchmarks.growth_shop import day_after, mapped, open_shop, write_shop
from benchmarks.rows import Rows
from shelfcast.errors import ShelfcastError
from shelfcast.models.catalog import CatalogModel, by_output
from shelfcast.models.state import NightlyState
from shelfcast.panel import Panel
from shelfcast.recipe import CatalogRecipe
from shelfcast.windows import split_days

STEPS, HORIZON = 50, 28
BLOCK = 1_024  # products that the model runs over at a time

Result = TypeVar("Result")


@dataclass(frozen=True)
class Growth:
    """What a shop of `products` products cost; a row of the table.

    Attributes:
        part: products that were run through the network and anchored; the seconds are those of all.
        threads: that PyTorch was allowed.
        panel_mib: of the files that are mapped.
        fit_s, forecast_s, anchor_s, night_s: CPU seconds of `steps` steps, of the days ahead of all products, of the
            state's anchoring, of a night (yesterday in, tomorrow out).
        fit_mib, forecast_mib, night_mib: the most memory of its own (anonymous pages; Python and the libraries with
            it, pages of mapped files not) that the process held by the end of the stage since the start of the fit, of
            the forecast, of the night.
        night_wall_s: of the night by the clock.
    """

    products: int
    part: int
    threads: int
    steps: int
    panel_mib: float
    fit_s: float
    forecast_s: float
    anchor_s: float
    night_s: float
    night_wall_s: float
    fit_mib: float
    forecast_mib: float
    night_mib: float


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__.splitlines()[0])
    parser.add_argument("--products", default="1000,10000,100000,1000000", metavar="N,N,...")
    parser.add_argument("--out", type=Path, required=True, metavar="CSV")
    parser.add_argument("--part", type=int, metavar="N", help="products of a larger shop that are forecast, a multiple")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="of PyTorch (default: %(default)s)")
    parser.add_argument("--dir", type=Path, metavar="DIR", help="for the files, 10 GB a million products")
    arguments = parser.parse_args(argv)
    if arguments.threads < 1:
        parser.error("--threads must be 1 or more")
    os.environ.update(OMP_NUM_THREADS=str(arguments.threads), OPENBLAS_NUM_THREADS="1")
    if arguments.part is not None and (arguments.part < 2 * BLOCK or arguments.part % BLOCK):
        parser.error(f"--part must be a multiple of {BLOCK}, twice it or more: the products of a block")
    try:
        rows = Rows(arguments.out)
    except ShelfcastError as error:
        print(f"growth: {error}", file=sys.stderr)
        return 2
    for N in (int(text) for text in arguments.products.split(",")):
        part = N if arguments.part is None else min(N, arguments.part)
        key = {"products": N, "part": part, "threads": arguments.threads}
        print(*rows.of(key, lambda: [_in_a_process(N, part, arguments)]), flush=True)  # noqa: B023  called at once
    return 0


def _in_a_process(N: int, part: int, arguments: argparse.Namespace) -> dict[str, Any]:
    """The row of a shop of `N` products, made for it."""
    alone = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
    with tempfile.TemporaryDirectory(dir=arguments.dir) as folder, alone as process:
        write_shop(Path(folder), N)
        growth = process.submit(run, Path(folder), part, arguments.threads).result()
    return {name: round(value, 3) for name, value in asdict(growth).items()}


def run(folder: Path, part: int, threads: int) -> Growth:
    """Measures the shop in the folder."""
    torch.set_num_threads(threads)
    return measure(open_shop(folder), part, folder)


def measure(panel: Panel, part: int, folder: Path, steps: int = STEPS) -> Growth:
    """The costs of a shop.

    Args:
        part: products to be forecast and anchored, all or a multiple of the model's block.
        folder: for the state of the whole shop, where it is made of that of the part.
    """
    N, recipe = len(panel.products), CatalogRecipe(steps=steps)
    split = split_days(len(panel.dates), recipe, test_days=0).without_validation()
    with own_memory() as peak:
        fit_s, (model, _) = timed(lambda: CatalogModel.fit(panel, recipe, split, torch.device("cpu")))
        fit_mib = peak()
    with own_memory() as peak:
        forecast_s = forecast(model, panel, part)
        forecast_mib = peak()
    few = panel if part == N else first_products(panel, part)
    anchored_s, state = timed(lambda: NightlyState.anchored(model if part == N else model.extended(few), few))
    if part < N:
        state = NightlyState(model, repeated(state, panel, folder))
    yesterday = day_after(panel)
    with own_memory() as peak:
        begun = time.perf_counter()
        night_s, _ = timed(lambda: (state.update(yesterday), state.forecast(horizon=1))[1])
        night_wall_s = time.perf_counter() - begun
        night_mib = peak()
    mapped_bytes = sum(path.stat().st_size for path in folder.glob("panel.*"))
    return Growth(
        N, part, torch.get_num_threads(), steps, mapped_bytes / 2**20, fit_s, forecast_s, anchored_s * N / part,
        night_s, night_wall_s, fit_mib, forecast_mib, night_mib,
    )  # fmt: skip


def forecast(model: CatalogModel, panel: Panel, part: int) -> float:
    """CPU seconds of a forecast of all products; those of the blocks after the first are multiplied up from a part."""
    N, count = len(panel.products), -(-part // model.block)
    marks = [time.process_time()]

    def mark() -> None:
        marks.append(time.process_time())

    def said() -> Iterator[Tensor]:
        blocks = model.ahead_by_block(panel, HORIZON)
        first = next(blocks)
        mark()
        yield first
        yield from islice(blocks, count - 1)
        mark()
        for start in range(part, N, model.block):  # so that the whole output stands in memory
            yield first[: N - start]

    by_output(said(), N)
    mark()
    once, rest, output = np.diff(marks)
    if part < N:
        rest *= (N / model.block - 1) / (count - 1)
    return float(once + rest + output)


def first_products(panel: Panel, part: int) -> Panel:
    """Without copies."""
    known = panel.covariates
    assert known is not None
    assert known.prices is not None
    signals = {
        name: replace(signal, values=signal.values[:part], rows=signal.rows[:part])
        for name, signal in known.signals.items()
    }
    return Panel(
        panel.sales[:part],
        panel.status[:part],
        panel.dates,
        panel.products[:part],
        {name: values[:part] for name, values in panel.attributes.items()},
        replace(known, prices=known.prices[:part], signals=signals),
    )


def repeated(state: NightlyState, panel: Panel, folder: Path) -> dict[str, Tensor]:
    """The tensors of a state, repeated to all products, in files that are mapped; what is known is the panel's."""
    part, N = len(state.model.products), len(panel.products)
    known = panel.covariates
    assert known is not None
    ahead = known.between(len(panel.dates) - 1, known.days)
    tensors = state.to_tensors() | {
        f"known.{name}": torch.from_numpy(array) for name, array in ahead.to_arrays().items()
    }
    for name, tensor in tensors.items():
        if name.startswith("known.") or name in ("days", "group_sums", "closed"):
            continue
        values, path = tensor.numpy(), folder / f"state.{name}.npy"
        rows_first = name in ("outage", "inputs", "tomorrow")
        shape = (N, *values.shape[1:]) if rows_first else (values.shape[0], N, *values.shape[2:])
        with mapped(path, shape, values.dtype) as file:
            for start in range(0, N, part):
                if rows_first:
                    file[start : start + part] = values[: N - start]
                else:
                    file[:, start : start + part] = values[:, : N - start]
        tensors[name] = torch.from_numpy(np.load(path, mmap_mode="c"))
    return tensors


@contextmanager
def own_memory() -> Iterator[Callable[[], float]]:
    """The most anonymous memory of this process since it was entered, in MiB; looked at every 5 ms."""
    most, over = [own_mib()], threading.Event()

    def watch() -> None:
        while not over.wait(0.005):
            most[0] = max(most[0], own_mib())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield lambda: max(most[0], own_mib())
    finally:
        over.set()
        watcher.join()


def own_mib() -> float:
    """Anonymous pages of this process; NaN where the system does not tell."""
    status = Path("/proc/self/status")
    if not status.exists():
        return float("nan")
    line = next(line for line in status.read_text().splitlines() if line.startswith("RssAnon"))
    return int(line.split()[1]) / 1024


def timed(call: Callable[[], Result]) -> tuple[float, Result]:
    """CPU seconds of this process, and what the call returns."""
    begun = time.process_time()
    result = call()
    return time.process_time() - begun, result


if __name__ == "__main__":
    sys.exit(main())
