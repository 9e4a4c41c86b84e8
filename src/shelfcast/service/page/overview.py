"""The first screen: tomorrow and the next week, how good it has been, what may sell out, how fresh it is."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd

from ...panel import Status
from ...report.formats import day, percent, plural, short_day, units, weekday
from ...report.tables import KeyFigure
from ..served import ServedModel
from . import charts

_LATELY = 28  # days of the accuracy
_SHOWN = 126  # days of the shop's chart
_OLD = 2  # days after which sales count as old
_RISK = 0.5  # chance of selling out from which a product is at risk


def tomorrow_words(served: ServedModel) -> str:
    return f"{weekday(served.days_ahead[0])}, {day(served.days_ahead[0])}"


def fresh_words(served: ServedModel, today: date | None = None) -> str:
    """How fresh the sales are."""
    last = served.panel.last_day
    age = ((today or datetime.now(UTC).date()) - last.astype(date)).days
    told = "yesterday" if age == 1 else "today" if age == 0 else f"{plural(age, 'day')} ago" if age > 0 else "ahead"
    return f"Sales up to {day(last)} ({told})"


def notes(served: ServedModel, today: date | None = None) -> list[str]:
    """What a planner must know before the numbers."""
    said = []
    age = ((today or datetime.now(UTC).date()) - served.panel.last_day.astype(date)).days
    if age > _OLD:
        said.append(
            f"The newest sales are of {day(served.panel.last_day)}, {plural(age, 'day')} ago: what stands here is the"
            " forecast of the day after that. Take newer sales in with shelfcast nightly."
        )
    closed = served.closed_ahead[0]
    if closed:
        said.append("On this day nothing can be bought, as closures recur: the forecast is 0.")
    return said


def key_figures(served: ServedModel, orders: pd.DataFrame | None) -> list[KeyFigure]:
    """The numbers on top of the screen."""
    panel, mean = served.panel, served.ahead["mean"].astype(np.float64)
    week = panel.sales[:, -7:].sum(axis=0, dtype=np.float64)
    tomorrow, same_day = float(mean[:, 0].sum()), float(week[0])
    texts = units([tomorrow, same_day])
    figures = [
        KeyFigure("Units tomorrow", texts[0], _against(tomorrow, same_day), f"{texts[1]} on the same day last week")
    ]
    if mean.shape[1] >= 7 and len(week) == 7:
        ahead, before = float(mean[:, :7].sum()), float(week.sum())
        texts = units([ahead, before])
        figures.append(KeyFigure("Next 7 days", texts[0], _against(ahead, before), f"{texts[1]} in the last 7 days"))
    figures.append(_accuracy(served))
    if orders is not None:
        at_risk = orders["sell_out_probability"] > _RISK
        of = f"of {len(orders):,}"
        figures.append(
            KeyFigure(
                "At risk of selling out", f"{int(at_risk.sum()):,}", of, "more likely than not, before a delivery"
            )
        )
    else:
        gone = int((panel.status[:, -1] == Status.SOLD_OUT).sum())
        figures.append(
            KeyFigure(
                "Sold out on the last day", f"{gone:,}", f"of {len(panel.products):,}", "give a stock table for risks"
            )
        )
    return figures


def shop_chart(served: ServedModel) -> charts.Figure:
    """The units of all products together."""
    panel = served.panel.tail(_SHOWN)
    past, coming = charts.days(panel.dates), charts.days(served.days_ahead)
    data = [charts.line("sold", past, charts.numbers(panel.sales.sum(axis=0, dtype=np.float64)), "line")]
    result = served.scored.result
    if result is not None:
        known = np.isin(result.dates, panel.dates)
        said = result.forecasts[result.model][:, known].sum(axis=0, dtype=np.float64)
        dates = charts.days(result.dates[known])
        data.append(charts.line("forecast the day before", dates, charts.numbers(said), "accent", dash="dot"))
    mean = charts.numbers(served.ahead["mean"].sum(axis=0, dtype=np.float64))
    dots = {"mode": "lines+markers", "marker": {"size": 5, "color": "var:accent"}}
    data.append(charts.line("forecast", coming, mean, "accent", width=2.4, **dots))
    return {"data": data, "layout": charts.layout()}


def _accuracy(served: ServedModel) -> KeyFigure:
    result = served.scored.result
    if result is None:
        return KeyFigure("Accuracy", "–", "", "this model has no scores")
    days = slice(-min(_LATELY, len(result.dates)), None)
    y, said = result.y[:, days].astype(np.float64), result.forecasts[result.model][:, days].astype(np.float64)
    counted = result.observed[:, days]
    sold = y[counted].sum()
    if sold == 0:
        return KeyFigure("Accuracy", "–", "", "nothing was sold on the test days")
    error = np.abs(said - y)[counted].sum() / sold
    bias = (said - y)[counted].sum() / sold
    shown = plural(counted.shape[1], "test day")
    first, last = short_day(result.dates[days][0]), day(result.dates[-1])
    return KeyFigure(
        "Accuracy a product and day",
        percent(max(1 - error, 0), 0),
        f"{percent(abs(bias), 0)} too {'high' if bias > 0 else 'low'} in all",
        f"100 % less the errors as a share of the units sold; {shown}, {first} to {last}",
    )


def _against(value: float, before: float) -> str:
    if before <= 0:
        return ""
    change = value / before - 1
    return f"{'+' if change >= 0 else ''}{percent(change, 0)}"
