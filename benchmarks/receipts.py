"""What it costs to read a long till roll: simulated receipt lines in one CSV -> the panel.

    python -m benchmarks.receipts --rows 50000000 [--products 20000] [--days 1095] [--folder DIR]

writes the file (40 bytes a line: receipt, time to the second, product, quantity; four lines a receipt), reads it in a
process of its own, checks every product-day, deletes the file and prints the seconds and the most memory of the reading
process, imports included.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv

FIRST_SECOND = np.datetime64("2022-01-01T00:00:00", "s")
CHUNK = 1_000_000  # lines written at a time
LINES = 4  # a receipt


def write_receipts(path: Path, rows: int, products: int, days: int) -> NDArray[np.int64]:
    """Writes the file and returns `[N, T]` what was sold."""
    random = np.random.default_rng(0)
    names = pa.array([f"SKU{product:05d}" for product in range(products)])
    popularity = random.pareto(1.2, products)
    popularity = np.cumsum(popularity / popularity.sum())
    sold = np.zeros(products * days, dtype=np.int64)
    with path.open("wb") as file:
        for start in range(0, rows, CHUNK):
            row = np.arange(start, min(start + CHUNK, rows))
            receipt = row // LINES
            second = receipt * (days * 86_400) // (rows // LINES + 1)  # in order, spread over all days
            product = np.searchsorted(popularity, random.random(len(row)))
            units = 1 + (random.random(len(row)) < 0.1)
            np.add.at(sold, product * days + second // 86_400, units)
            table = pa.table(
                {
                    "receipt_no": receipt + 10_000_000,
                    "timestamp": pa.array(FIRST_SECOND + second.astype("timedelta64[s]")),
                    "product": names.take(pa.array(product)),
                    "quantity": units,
                }
            )
            options = csv.WriteOptions(include_header=start == 0, quoting_style="none")
            csv.write_csv(table, file, options)
    return sold.reshape(products, days)


def read(path: Path, truth: Path) -> None:
    from shelfcast.reading import read_sales

    begun, used = time.perf_counter(), time.process_time()
    panel, report = read_sales(path)
    wall, cpu = time.perf_counter() - begun, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2  # KiB on Linux
    sold = np.load(truth)
    products = np.array([f"SKU{product:05d}" for product in range(len(sold))])
    ever = np.flatnonzero(sold.sum(axis=1))
    assert panel.products.tolist() == products[ever].tolist()
    assert np.array_equal(panel.sales, sold[ever])
    print(f"{report.rows:,} rows of {path.stat().st_size / 1e9:.2f} GB -> {panel.sales.shape} in {wall:.0f} s", end="")
    print(f" ({cpu:.0f} CPU s), peak {peak:.2f} GiB; every product-day is right")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.receipts", description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=50_000_000)
    parser.add_argument("--products", type=int, default=20_000)
    parser.add_argument("--days", type=int, default=1095)
    parser.add_argument("--folder", type=Path, help="where the file is written for a while")
    parser.add_argument("--read", nargs=2, type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.read:
        read(*arguments.read)
        return 0
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        path, truth = Path(folder) / "receipts.csv", Path(folder) / "sold.npy"
        np.save(truth, write_receipts(path, arguments.rows, arguments.products, arguments.days))
        return subprocess.call([sys.executable, "-m", "benchmarks.receipts", "--read", path, truth])


if __name__ == "__main__":
    sys.exit(main())
