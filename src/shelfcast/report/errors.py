"""Where the errors lie: by weekday, by volume, by class of demand, by days ahead, and which products are worst."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..evaluation.backtest import Backtest
from ..evaluation.metrics import Doubles, Flags, mae
from ..evaluation.verdict import DemandClass
from ..panel import Floats, Panel, weekdays
from .formats import column, percent
from .tables import in_words

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_VOLUMES = (0.0, 0.3, 1.0, 5.0, 20.0, np.inf)  # units a day before the test days
_BESIDE = "seasonal_naive"
_WORST = 20
_SHOWN_HORIZONS = (1, 2, 3, 7, 14, 21, 28)


@dataclass(frozen=True)
class ErrorTable:
    """A table of the report: its heading, its columns, rows of text, and a line under it."""

    heading: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    note: str = ""


def error_tables(result: Backtest, ahead: Backtest | None) -> list[ErrorTable]:
    """By weekday, volume and class; the intervals and the days ahead where these were scored.

    Args:
        ahead: of all test days from one origin.
    """
    own, beside = result.point, result.forecasts[_BESIDE]
    weekday = weekdays(result.dates)
    by_day = [
        (
            name,
            float(np.nanmean(mae(result.y, own, result.observed & (weekday == at)))),
            float(np.nanmean(mae(result.y, beside, result.observed & (weekday == at)))),
        )
        for at, name in enumerate(_WEEKDAYS)
        if (result.observed & (weekday == at)).any()
    ]
    errors = mae(result.y, own, result.observed), mae(result.y, beside, result.observed)
    head = "MAE", f"MAE, {in_words(_BESIDE)}"
    tables = [
        ErrorTable(
            "By weekday",
            ("Weekday", *head),
            list(zip([name for name, *_ in by_day], *_texts([row[1:] for row in by_day]), strict=True)),
        ),
        ErrorTable(
            "By volume",
            ("Units a day", "Products", *head),
            _grouped(errors, [(_volume(at), _in_volume(result, at)) for at in range(len(_VOLUMES) - 1)]),
        ),
        ErrorTable(
            "By class of demand",
            ("Class", "Products", *head),
            _grouped(errors, [(str(kind), result.demand_class == kind) for kind in DemandClass]),
            "Classes by Syntetos and Boylan: how often a product sells, and how uneven the amounts are.",
        ),
    ]
    if "lo-80" in result.outputs:
        tables.append(_interval_table(result))
    return tables if ahead is None else [*tables, _ahead_table(ahead)]


def _interval_table(result: Backtest) -> ErrorTable:
    inside = (result.y >= result.outputs["lo-80"]) & (result.y <= result.outputs["hi-80"])
    rows: list[tuple[str, ...]] = [
        (f"{row['interval']} interval, all", percent(row["coverage"])) for row in result.intervals().to_dict("records")
    ]
    for kind in DemandClass:
        counted = result.observed & (result.demand_class == kind)[:, None]
        if counted.any():
            rows.append((f"80 % interval, {kind}", percent(float(inside[counted].mean()))))
    note = "The share of the scored days within the interval."
    return ErrorTable("How often the intervals held", ("Interval", "Days within"), rows, note)


def _ahead_table(ahead: Backtest) -> ErrorTable:
    D = len(ahead.dates)
    shown = [h for h in _SHOWN_HORIZONS if h <= D and ahead.observed[:, h - 1].any()]
    off = [
        tuple(float(np.abs(said[:, h - 1] - ahead.y[:, h - 1])[ahead.observed[:, h - 1]].mean()) for said in both)
        for both in [(ahead.point, ahead.forecasts[_BESIDE])]
        for h in shown
    ]
    columns = ("Days ahead", "MAE", f"MAE, {in_words(_BESIDE)}")
    note = f"All from one origin, the day before {ahead.dates[0]}: one day each, so that a rough day stands out."
    return ErrorTable("By days ahead", columns, list(zip(map(str, shown), *_texts(off), strict=True)), note)


def worst_tables(per_product: pd.DataFrame, recent: Panel) -> list[ErrorTable]:
    """The products with the largest error, and those that lose most value beside the best simple rule."""
    scored = per_product[per_product["scored_days"] > 0]
    largest = scored.nlargest(_WORST, "mae")
    own, best, sold = (column(largest[name].tolist()) for name in ("mae", "best_baseline_mae", "mean_sales"))
    tables = [
        ErrorTable(
            "Largest error",
            ("Product", "MAE", "Best simple rule", "Units a day"),
            list(zip(largest["unique_id"].tolist(), own, best, sold, strict=True)),
        )
    ]
    prices = None if recent.covariates is None else recent.covariates.prices
    if prices is None:
        price: Doubles = np.ones(len(recent.products))
        unit, note = "units", "No prices are known: every unit counts the same."
    else:
        price, unit, note = _last_price(prices[:, : len(recent.dates)]), "money", "Units times the last price."
    of_row = pd.Series(price, index=recent.products).reindex(scored["unique_id"]).to_numpy()
    value = scored.assign(value=scored["mae"] * of_row, lost=(scored["mae"] - scored["best_baseline_mae"]) * of_row)
    dearest = value.nlargest(_WORST, "lost")
    off, lost = column(dearest["value"].tolist()), column(dearest["lost"].tolist())
    tables.append(
        ErrorTable(
            "Most lost beside the best simple rule",
            ("Product", f"Error a day, {unit}", "Of it lost"),
            list(zip(dearest["unique_id"].tolist(), off, lost, strict=True)),
            note + " Below 0, the model saves that much.",
        )
    )
    return tables


def _last_price(prices: Floats) -> Doubles:
    """`[N]`: the last one that is known, 0 where none is."""
    known = ~np.isnan(prices)
    last = prices.shape[1] - 1 - known[:, ::-1].argmax(axis=1)
    price: Doubles = np.where(known.any(axis=1), np.nan_to_num(prices[np.arange(len(prices)), last]), 0)
    return price


def _volume(at: int) -> str:
    low, high = _VOLUMES[at], _VOLUMES[at + 1]
    return f"{low:g} or more" if np.isinf(high) else f"below {high:g}" if low == 0 else f"{low:g} to {high:g}"


def _in_volume(result: Backtest, at: int) -> Flags:
    inside: Flags = (result.mean_sales >= _VOLUMES[at]) & (result.mean_sales < _VOLUMES[at + 1])
    return inside


def _grouped(
    errors: tuple[Doubles, ...],
    groups: list[tuple[str, Flags]],
) -> list[tuple[str, ...]]:
    """A row a group with a scored product: its name, its products, the mean of each error."""
    kept = [(name, rows & ~np.isnan(errors[0])) for name, rows in groups]
    kept = [(name, rows) for name, rows in kept if rows.any()]
    texts = _texts([tuple(float(error[rows].mean()) for error in errors) for _, rows in kept])
    return list(zip([name for name, _ in kept], [f"{int(rows.sum()):,}" for _, rows in kept], *texts, strict=True))


def _texts(rows: Sequence[tuple[float, ...]]) -> list[list[str]]:
    """The numbers of a table, column by column, all with the same decimals."""
    width = len(rows[0]) if rows else 0
    texts = column([value for row in rows for value in row], digits=4)
    return [texts[at::width] for at in range(width)]
