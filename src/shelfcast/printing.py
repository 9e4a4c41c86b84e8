"""What the commands print of a model and of its forecasts."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from .evaluation.backtest import Backtest
from .forecaster import Forecaster
from .report.curves import curve_verdict
from .writing import write_table


def print_evaluation(forecaster: Forecaster) -> None:
    """The score table on the test days, the verdict, and what the loss curves show."""
    if forecaster.result is None or forecaster.run is None:
        print("This model was extended or saved without a backtest: there are no scores.")
        return
    print_backtest(forecaster.result, "next-day forecasts")
    print(forecaster.result.summary())
    if forecaster.ahead is not None:
        print()
        print_backtest(forecaster.ahead, f"all forecast on {forecaster.ahead.cutoffs[0]}")
        print()
    print(curve_verdict(forecaster.run))
    if not forecaster.refitted:
        print("Not refitted on all days: what forecasts tomorrow has not learned from the test days.")


def print_backtest(result: Backtest, task: str) -> None:
    """The score table, and how many days the intervals held."""
    days = f"{len(result.dates)} test days, {result.dates[0]} to {result.dates[-1]}"
    print(f"{len(result.products)} products, {days}, {task}, errors in units a product and day")
    print(result.scores().to_string(index=False, float_format=lambda number: f"{number:.4g}"))
    if "median" in result.outputs:
        print(f"MAE of {result.model} is that of its median, the other errors are those of its mean.")
    intervals = result.intervals()
    if len(intervals):
        held = ", ".join(
            f"{interval} held {100 * coverage:.1f} % (mean width {width:.2f} units)"
            for interval, coverage, width in intervals[["interval", "coverage", "width"]].to_numpy().tolist()
        )
        print(f"Intervals on these days: {held}.")


def print_forecast(table: pd.DataFrame, out: Path | None) -> None:
    """The days ahead in a few lines, a product's units summed over them; the whole table into `out`."""
    products = table.groupby("unique_id", sort=False).agg({"mean": "sum", "on_sale": "first", "cold_start": "first"})
    first, last, cutoff = table["ds"].iloc[0], table["ds"].iloc[-1], table["cutoff"].iloc[0]
    days = f"{first:%Y-%m-%d}" + (f" to {last:%Y-%m-%d}" if last > first else "")
    units = products["mean"].sum()
    print(f"{days}: {units:,.0f} units of {len(products):,} products, known up to {cutoff:%Y-%m-%d}")
    off = int((~products["on_sale"]).sum())
    if off:
        print(f"{off:,} of them are not on sale by then (on_sale is false)")
    cold = int(products["cold_start"].sum())
    if cold:
        print(f"{cold:,} of them are a cold start: less than four weeks are known since they came or came back")
    closed = table.loc[table["status"] == "closed", "ds"].dt.strftime("%Y-%m-%d").unique()
    if len(closed):
        print(f"closed as before: {', '.join(closed[:7])}{' ...' if len(closed) > 7 else ''}")
    top = products["mean"].nlargest(10)
    for name, mean in top.items():
        print(f"{mean:10,.1f}  {name}")
    if len(products) > len(top):
        print(f"       ...  {len(products) - len(top):,} more")
    if out is not None:
        write_table(table, out)
        print(out)


def print_orders(table: pd.DataFrame, out: Path | None) -> None:
    """The orders that are worth most, each with its reason, and what was taken for absent columns; all into `out`."""
    for line in table.attrs["said"]:
        print(line)
    for column, value in table.attrs["defaults"].items():
        print(f"the stock table has no {column}: {value:g} is taken")
    ordered = table[table["order"] > 0]
    print(f"{len(ordered):,} of {len(table):,} products to be ordered, {ordered['order'].sum():,.0f} units")
    for row in ordered.head(10).to_dict("records"):
        print(f"{row['order']:10,.0f}  {row['unique_id']}  {row['reason']}")
    if len(ordered) > 10:
        print(f"       ...  {len(ordered) - 10:,} more")
    if out is not None:
        write_table(table, out)
        print(out)
