"""The commands: parse, call, print. Heavy imports happen inside the commands, so that help answers at once."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import ShelfcastError
from .recipe import DEFAULT_RECIPE, RECIPES

if TYPE_CHECKING:
    import pandas as pd

    from .forecaster import Forecaster


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit code: 0 done, 1 cut off, 2 an error that the message explains."""
    arguments = _parser().parse_args(argv)
    # read when torch is loaded: waiting threads that spin cost many times the work on shared cores
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    try:
        arguments.command(arguments)
        sys.stdout.flush()
    except ShelfcastError as error:
        print(f"shelfcast: {error.problem}", file=sys.stderr)
        if error.way_out:
            print(f"  way out: {error.way_out}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # what reads our output has seen enough (head, a closed pager)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("shelfcast: interrupted; nothing was written", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="shelfcast", description="Tomorrow's demand for every product: one network, one forward pass."
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    train = commands.add_parser("train", help="sales -> a scored model folder with its report")
    train.add_argument("sales", type=Path, help="receipts or daily sales: CSV (also .gz) or Parquet")
    _add_columns(train)
    train.add_argument("--until", metavar="DATE", help="use sales up to this day, YYYY-MM-DD")
    train.add_argument("--test-days", type=int, metavar="N", help="days held out for the scores (default: a fifth)")
    train.add_argument("--recipe", choices=list(RECIPES), default=DEFAULT_RECIPE)
    train.add_argument(
        "--lags", type=_whole_numbers, nargs="+", metavar="N", help="classic: days back (default: 1 2 3)"
    )
    train.add_argument("--seq-len", type=int, metavar="N", help="days of a window (classic: 3, catalog: 112)")
    train.add_argument("--epochs", type=int, metavar="N", help="classic: epochs at most; validation days choose")
    train.add_argument("--steps", type=int, metavar="N", help="catalog: steps of training (default: 100 to 800)")
    train.add_argument("--seed", type=int, metavar="N", help="of weights and shuffling (default: 0)")
    _add_device(train)
    train.add_argument("--out", type=Path, required=True, metavar="MODEL", help="the model folder")
    train.set_defaults(command=_train)

    forecast = commands.add_parser("forecast", help="the days ahead, every product, one forward pass")
    forecast.add_argument("model", type=Path)
    forecast.add_argument("--sales", type=Path, help="newer sales, from the day after the model's last or earlier")
    forecast.add_argument("--horizon", type=int, metavar="N", help="days ahead (classic: 1; catalog: 28, up to 90)")
    forecast.add_argument("--out", type=Path, metavar="FILE", help="write the table to this .csv or .parquet")
    _add_device(forecast)
    forecast.set_defaults(command=_forecast)

    evaluate = commands.add_parser("evaluate", help="the score table of a model, from its stored forecasts")
    evaluate.add_argument("model", type=Path)
    evaluate.set_defaults(command=_evaluate)

    extend = commands.add_parser("extend", help="take new products into a model and train on")
    extend.add_argument("model", type=Path)
    extend.add_argument("sales", type=Path, help="whole history, known and new products")
    extend.add_argument("--drop", action="store_true", help="drop known products that the sales lack")
    extend.add_argument("--epochs", type=int, metavar="N", help="of further training (default: as chosen before)")
    _add_device(extend)
    extend.set_defaults(command=_extend)

    sample = commands.add_parser("sample", help="simulate a shop whose true demand is known")
    sample.add_argument("--products", type=int, default=200, metavar="N")
    sample.add_argument("--days", type=int, default=730, metavar="T")
    sample.add_argument("--seed", type=int, default=0, metavar="N")
    sample.add_argument("--out", type=Path, required=True, metavar="FILE", help="a .parquet or .csv")
    sample.set_defaults(command=_sample)

    demo = commands.add_parser("demo", help="the whole way on a simulated shop, into the folder demo")
    demo.add_argument("--out", type=Path, default=Path("demo"), metavar="FOLDER")
    demo.set_defaults(command=_demo)
    return parser


def _add_columns(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--id-col",
        action="append",
        default=[],
        metavar="COLUMN",
        help="the product; again for a key of several",
    )
    parser.add_argument("--time-col", metavar="COLUMN", help="the day")
    parser.add_argument("--target-col", metavar="COLUMN", help="the units")


def _add_device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", choices=["auto", "cpu", "cuda", "mps"], default="auto")


def _whole_numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def _train(arguments: argparse.Namespace) -> None:
    from .forecaster import Forecaster
    from .reading import read_sales

    settings: dict[str, Any] = {
        "lags": None if arguments.lags is None else tuple(lag for lags in arguments.lags for lag in lags),
        "seq_len": arguments.seq_len,
        "epochs": arguments.epochs,
        "steps": arguments.steps,
        "seed": arguments.seed,
    }
    given = {name: value for name, value in settings.items() if value is not None}
    forecaster = Forecaster(arguments.recipe, device=arguments.device, **given)
    panel, reading = read_sales(
        arguments.sales, arguments.id_col, arguments.time_col, arguments.target_col, arguments.until
    )
    print("\n".join(reading.lines()))
    forecaster.fit(panel, arguments.test_days, reading)
    version = forecaster.save(arguments.out)
    print()
    print_evaluation(forecaster)
    print(f"\nmodel   {arguments.out}\nreport  {version / 'report.html'}")


def _forecast(arguments: argparse.Namespace) -> None:
    from .forecaster import Forecaster

    forecaster = Forecaster.load(arguments.model, device=arguments.device)
    print_forecast(forecaster.predict(arguments.sales, horizon=arguments.horizon), arguments.out)


def _evaluate(arguments: argparse.Namespace) -> None:
    from .forecaster import Forecaster

    print_evaluation(Forecaster.load(arguments.model, device="cpu"))


def _extend(arguments: argparse.Namespace) -> None:
    from .forecaster import Forecaster

    forecaster = Forecaster.load(arguments.model, device=arguments.device)
    before = set(forecaster.products.tolist())
    forecaster.extend(arguments.sales, drop=arguments.drop, epochs=arguments.epochs)
    after = set(forecaster.products.tolist())
    forecaster.save(arguments.model)
    print(f"{len(after - before)} products taken in, {len(before - after)} dropped, {len(after)} in the model")
    if before - after:
        print("what was dropped also fed the others' forecasts: they may have moved")


def _sample(arguments: argparse.Namespace) -> None:
    from .sample import sample_shop, write_sample

    shop = sample_shop(arguments.products, arguments.days, arguments.seed)
    for path in write_sample(shop, arguments.out):
        print(path)


def _demo(arguments: argparse.Namespace) -> None:
    from .demo import run_demo

    run_demo(arguments.out)


def print_evaluation(forecaster: Forecaster) -> None:
    """The score table on the test days, the verdict, and what the loss curves show."""
    from .report.curves import curve_verdict

    if forecaster.result is None or forecaster.run is None:
        print("This model was extended or saved without a backtest: there are no scores.")
        return
    result = forecaster.result
    days = f"{len(result.dates)} test days, {result.dates[0]} to {result.dates[-1]}"
    print(f"{len(result.products)} products, {days}, next-day forecasts, errors in units a product and day")
    print(result.scores().to_string(index=False, float_format=lambda number: f"{number:.4g}"))
    print(result.summary())
    print(curve_verdict(forecaster.run))
    if not forecaster.refitted:
        print("Not refitted on all days: what forecasts tomorrow has not learned from the test days.")


def print_forecast(table: pd.DataFrame, out: Path | None) -> None:
    """The days ahead in a few lines, a product's units summed over them; the whole table into `out`."""
    from .writing import write_table

    products = table.groupby("unique_id", sort=False).agg({"mean": "sum", "on_sale": "first"})
    first, last, cutoff = table["ds"].iloc[0], table["ds"].iloc[-1], table["cutoff"].iloc[0]
    days = f"{first:%Y-%m-%d}" + (f" to {last:%Y-%m-%d}" if last > first else "")
    units = products["mean"].sum()
    print(f"{days}: {units:,.0f} units of {len(products):,} products, known up to {cutoff:%Y-%m-%d}")
    off = int((~products["on_sale"]).sum())
    if off:
        print(f"{off:,} of them have never been sold up to then (on_sale is false)")
    top = products["mean"].nlargest(10)
    for name, mean in top.items():
        print(f"{mean:10,.1f}  {name}")
    if len(products) > len(top):
        print(f"       ...  {len(products) - len(top):,} more")
    if out is not None:
        write_table(table, out)
        print(out)
