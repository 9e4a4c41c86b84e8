"""The screen of a product: its history, its forecast, its score, and what a plan would change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ...evaluation.verdict import Reason, Verdict
from ...panel import Floats, Status
from ...report.formats import day, number, percent, plural, short_day, units, weekday
from ...report.tables import KeyFigure, in_words
from ..served import ServedModel
from ..told import Told
from . import charts

_SHOWN = 182  # days of history in the chart
_LISTED = 28  # in the table


@dataclass(frozen=True)
class Plan:
    """A price and signals on some of the days ahead; all of it is optional."""

    price: float | None
    signals: tuple[str, ...]
    first: int
    last: int

    @classmethod
    def of(cls, parameters: Mapping[str, str], signals: tuple[str, ...], horizon: int) -> Plan:
        """What cannot be understood is left out."""
        text = parameters.get("price", "").replace(",", ".")
        try:
            price = float(text) if text else None
        except ValueError:
            price = None
        if price is not None and not 0 <= price <= 1e6:
            price = None

        def of_day(name: str, otherwise: int) -> int:
            value = parameters.get(name, "")
            is_number = value.isascii() and value.isdigit() and len(value) < 4
            return int(value) if is_number and 1 <= int(value) <= horizon else otherwise

        first = of_day("first", 1)
        return cls(price, signals, first, max(of_day("last", min(7, horizon)), first))

    @property
    def is_made(self) -> bool:
        return self.price is not None or bool(self.signals)

    def told(self, served: ServedModel, row: int) -> Told:
        """Of the product alone, what is planned in place of what is known."""
        H, T = served.horizon, len(served.panel.dates)
        covariates = served.panel.covariates
        assert covariates is not None
        ahead = covariates.between(T, T + H)
        days = slice(self.first - 1, self.last)
        prices, signals = {}, {}
        if self.price is not None and ahead.prices is not None:
            prices[0] = ahead.prices[row].copy()
            prices[0][days] = self.price
        for name in self.signals:
            values = ahead.signals[name].of(slice(row, row + 1))[0].copy()
            values[days] = 1
            signals[name] = {0: values}
        return Told(np.array([row]), prices=prices, signals=signals)


def product_screen(
    served: ServedModel, row: int, orders: pd.DataFrame | None, parameters: Mapping[str, str], chosen: Sequence[str]
) -> dict[str, Any]:
    """What the template shows of the product in that row.

    Args:
        orders: the order list, if there is one.
        parameters: of the plan: `price`, `first`, `last`. chosen: the signals that it has.
    """
    panel, name = served.panel, str(served.panel.products[row])
    known = panel.covariates if served.can_plan else None
    signals = sorted(known.signals) if known is not None else []
    plan = Plan.of(parameters if known is not None else {}, tuple(s for s in signals if s in chosen), served.horizon)
    ahead = {output: values[row] for output, values in served.ahead.items()}
    planned = served.live.ahead(plan.told(served, row), served.horizon)["mean"][0] if plan.is_made else None
    price = None if known is None or known.prices is None else known.prices[row, : len(panel.dates)]
    order = None if orders is None else next(orders[orders["unique_id"] == name].itertuples(), None)
    return {
        "name": name,
        "order_reason": "" if order is None else order.reason,
        "facts": _facts(served, row, price),
        "warning": _warning(served, row),
        "verdict": _verdict(served, name),
        "key_figures": [*_figures(served, row), *([] if order is None else [_order_figure(order)])],
        "history": charts.as_json(_history(served, row, ahead, planned, price)),
        "marks": _mark_words(served, row),
        "history_label": f"Sales, past forecasts and forecast of {name}.",
        "has_band": served.has_intervals,
        "past_days": served.scored.result is not None,
        "planned": _planned(plan, ahead["mean"], planned),
        **_numbers(served, row, ahead, planned),
        "can_plan": bool(signals) or price is not None,
        "has_prices": price is not None,
        "price_now": "" if price is None or not np.isfinite(price[-1]) else f"{price[-1]:g}",
        "signals": signals,
        "plan": {
            "price": "" if plan.price is None else f"{plan.price:g}",
            "signals": plan.signals,
            "first": plan.first,
            "last": plan.last,
        },
        "horizon": served.horizon,
        "first_day": day(served.days_ahead[0]),
        **_scores(served, name),
    }


def _facts(served: ServedModel, row: int, price: Floats | None) -> list[tuple[str, str]]:
    facts = [(label, str(values[row])) for label, values in served.panel.attributes.items()]
    if price is not None and np.isfinite(price[-1]):
        facts.append(("price now", f"{price[-1]:,.2f}"))
    status = Status(int(served.panel.status[row, -1]))
    facts.append((f"on {day(served.panel.last_day)}:", status.words))
    return facts


def _warning(served: ServedModel, row: int) -> str:
    """What must be known of a forecast that stands on little."""
    panel, said = served.panel, ""
    there = np.flatnonzero(np.isin(panel.status[row], (Status.ON_SALE, Status.SOLD_OUT)))
    if not len(there):
        said = "It has not been on sale so far: the forecast is of what it would sell if it were. "
    elif served.foreseen.status[row, 0] in (Status.NOT_ON_SALE, Status.UNKNOWN):
        said = f"It was last on sale on {day(panel.dates[there[-1]])}. "
    if served.cold_starts[row]:
        return said + "Few of its days are known: the forecast goes by products like it."
    return said


def _verdict(served: ServedModel, name: str) -> str:
    score = served.score_of(name)
    if score is None:
        return "This model has no scores."
    if score["verdict"] == Verdict.NOT_SCORED:
        return "Its forecasts could not be scored: it had no day on sale and in stock among the test days."
    own, best = units([float(score["mae"]), float(score["best_baseline_mae"])])
    baseline = in_words(str(score["best_baseline"]))
    if score["verdict"] == Verdict.BETTER:
        of_rule = f"the best of them {best} ({baseline})"
        return f"The model serves it better than every simple rule: {own} units a day off, {of_rule}."
    return f"A simple rule serves it as well or better: {baseline}, {best} units a day off; the model is {own} off."


def _figures(served: ServedModel, row: int) -> list[KeyFigure]:
    panel, mean = served.panel, served.ahead["mean"][row]
    (tomorrow,), (last_week,) = units([float(mean[0])]), units([float(panel.sales[row, -min(7, panel.sales.shape[1])])])
    note = f"{last_week} on the same day last week"
    if served.has_intervals:
        low, high = (number(float(served.ahead[f"{end}-80"][row, 0]), 0) for end in ("lo", "hi"))
        note = f"8 of 10 times {low} to {high}; {note}"
    figures = [KeyFigure(f"Tomorrow, {weekday(served.days_ahead[0])}", tomorrow, "units", note)]
    if len(mean) >= 7:
        (ahead,), (before,) = units([float(mean[:7].sum())]), units([float(panel.sales[row, -7:].sum())])
        figures.append(KeyFigure("Next 7 days", ahead, "units", f"{before} in the last 7 days"))
    recent = float(panel.sales[row, -28:].mean())
    figures.append(KeyFigure("Lately", units([recent])[0], "units a day", "mean of the last 28 days"))
    return figures


def _order_figure(order: Any) -> KeyFigure:
    """Of a row of the order list."""
    risk = f"sold out before it comes: {percent(order.sell_out_probability, 0)}"
    return KeyFigure("Order now", f"{order.order:,g}", "units", f"worth {order.worth:,.2f}; {risk}")


def _history(
    served: ServedModel, row: int, ahead: dict[str, Floats], planned: Floats | None, price: Floats | None
) -> charts.Figure:
    panel = served.panel.tail(_SHOWN)
    past, coming = charts.days(panel.dates), charts.days(served.days_ahead)
    status = panel.status[row]
    sales = np.where(status == Status.NOT_ON_SALE, np.nan, panel.sales[row])
    data = [charts.line("sold", past, charts.numbers(sales), "line")]
    result = served.scored.result
    if result is not None:
        known = np.isin(result.dates, panel.dates)
        before = result.forecasts[result.model][np.searchsorted(result.products, served.panel.products[row])]
        dates = charts.days(result.dates[known])
        data.append(
            charts.line("forecast before", dates, charts.numbers(before[known]), "accent", dash="dot", width=1.2)
        )
    if "lo-80" in ahead:
        data += charts.band(coming, ahead["lo-80"], ahead["hi-80"])
    marker = {"mode": "lines+markers", "marker": {"size": 5, "color": "var:accent"}}
    data.append(charts.line("forecast", coming, charts.numbers(ahead["mean"]), "accent", width=2.2, **marker))
    if planned is not None:
        data.append(charts.line("with your plan", coming, charts.numbers(planned), "ink", width=2.2))
    shapes = [charts.strip(past[at], past[at]) for at in np.flatnonzero(status == Status.CLOSED)]
    top = float(np.nanmax([np.nanmax(sales, initial=0), ahead["mean"].max(), 1.0]))
    data += _marks(served, row, panel.dates, top)
    more: dict[str, Any] = {"shapes": shapes}
    if price is not None:
        shown = price[-len(panel.dates) :]
        lower = {"yaxis": "y2", "line": {"color": "var:ink", "width": 1.2, "shape": "hv"}, "hovertemplate": "%{y:,.2f}"}
        data.append({**charts.line("price", past, charts.numbers(shown), "ink"), **lower})
        more |= {
            "yaxis": {"domain": [0.26, 1]},
            "yaxis2": {
                "domain": [0, 0.17],
                "gridcolor": "var:rule",
                "zeroline": False,
                "rangemode": "tozero",
                "nticks": 3,
                "fixedrange": True,
                "title": {"text": "price", "font": {"size": 11}},
            },
            "xaxis": {"anchor": "y2"},
        }
    return {"data": data, "layout": charts.layout(**more)}


def _marks(served: ServedModel, row: int, dates: Any, top: float) -> list[charts.Figure]:
    """Promotions, events and days sold out, as marks above the days."""
    panel, marks = served.panel, []
    T, shown = len(panel.dates), len(dates)
    days = charts.days(np.arange(dates[0], dates[-1] + 1 + served.horizon))
    kinds: list[tuple[str, str, str, np.ndarray[Any, Any], float]] = []
    covariates = panel.covariates
    if covariates is not None:
        around = covariates.between(T - shown, T + served.horizon)
        for name in sorted(around.signals):
            kinds.append((name, "triangle-down", "accent", around.signals[name].of(slice(row, row + 1))[0] > 0, 1.06))
        for name in sorted(around.events):
            kinds.append((name, "star", "muted", around.events[name], 1.12))
    sold_out = np.pad(panel.status[row, -shown:] == Status.SOLD_OUT, (0, served.horizon))
    kinds.append(("sold out", "x", "ink", sold_out, 1.0))
    closed = np.pad(panel.status[row, -shown:] == Status.CLOSED, (0, served.horizon))
    kinds.append(("closed", "line-ew", "muted", closed, 0.0))
    for name, symbol, colour, flags, height in kinds:
        at = np.flatnonzero(flags)
        if len(at):
            marks.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "name": name,
                    "x": [days[d] for d in at],
                    "y": [round(top * height, 2)] * len(at),
                    "marker": {"symbol": symbol, "size": 8, "color": f"var:{colour}"},
                    "hovertemplate": "%{x|%d %b}",
                }
            )
    return marks


def _mark_words(served: ServedModel, row: int) -> str:
    """What the marks and the shaded days mean."""
    covariates, status = served.panel.covariates, served.panel.status[row, -_SHOWN:]
    words = []
    if covariates is not None:
        words += [f"▼ {', '.join(sorted(covariates.signals))}"] if covariates.signals else []
        words += ["★ holidays and events"] if covariates.events else []
    words += ["× sold out"] if (status == Status.SOLD_OUT).any() else []
    sentences = [f"Marks: {'; '.join(words)}."] if words else []
    sentences += ["Shaded: closed."] if (status == Status.CLOSED).any() else []
    return " ".join(sentences)


def _numbers(served: ServedModel, row: int, ahead: dict[str, Floats], planned: Floats | None) -> dict[str, list[Any]]:
    """The tables under the chart."""
    columns = ["Day", "Forecast"]
    parts = [units(ahead["mean"].tolist())]
    if served.has_intervals:
        columns += ["Low (80 %)", "High (80 %)"]
        parts += [units(ahead["lo-80"].tolist()), units(ahead["hi-80"].tolist())]
    if planned is not None:
        columns.append("With your plan")
        parts.append(units(planned.tolist()))
    days = [f"{weekday(date)[:3]} {short_day(date)}" for date in served.days_ahead]
    panel = served.panel.tail(_LISTED)
    past = [f"{weekday(date)[:3]} {short_day(date)}" for date in panel.dates]
    told = [units(panel.sales[row].tolist())]
    past_columns = ["Day", "Sold"]
    result = served.scored.result
    if result is not None:
        before = dict(zip(charts.days(result.dates), _forecast_before(served, row).tolist(), strict=True))
        said = [before.get(date, float("nan")) for date in charts.days(panel.dates)]
        past_columns.append("Forecast the day before")
        told.append(units(said))
    return {
        "forecast_columns": columns,
        "forecast_rows": list(zip(days, *parts, strict=True)),
        "past_columns": past_columns,
        "past_rows": list(zip(past, *told, strict=True))[::-1],
    }


def _beside(error: float, own: float) -> str:
    """A rule's error against the model's."""
    if own <= 0 or error == own:
        return ""
    return f"{percent(abs(error / own - 1), 0)} {'more' if error > own else 'less'} error"


def _forecast_before(served: ServedModel, row: int) -> Floats:
    result = served.scored.result
    assert result is not None
    forecast: Floats = result.forecasts[result.model][np.searchsorted(result.products, served.panel.products[row])]
    return forecast


def _planned(plan: Plan, mean: Floats, planned: Floats | None) -> str:
    if planned is None:
        return ""
    days = slice(plan.first - 1, plan.last)
    before, after = float(mean[days].sum()), float(planned[days].sum())
    what = []
    if plan.price is not None:
        what.append(f"at a price of {plan.price:,.2f}")
    what += [f"with {name}" for name in plan.signals]
    planned_on = f"{' and '.join(what).capitalize()} on {plural(plan.last - plan.first + 1, 'day')}"
    texts = units([before, after])
    if texts[0] == texts[1]:
        return f"{planned_on}: {texts[1]} units, as without it."
    change = percent(abs(after / before - 1), 0) if before > 0 else ""
    return f"{planned_on}: {texts[1]} units instead of {texts[0]} ({change} {'more' if after > before else 'less'})."


def _scores(served: ServedModel, name: str) -> dict[str, Any]:
    score, result = served.score_of(name), served.scored.result
    if score is None or result is None or score["verdict"] == Verdict.NOT_SCORED:
        return {"scores": [], "scored_days": "", "remedy": ""}
    errors = [float(score["mae"])] + [float(score[f"mae_{b}"]) for b in result.baselines]
    texts = units(errors)
    names = [result.model, *(in_words(b).capitalize() for b in result.baselines)]
    beside = [""] + [_beside(error, errors[0]) for error in errors[1:]]
    remedy = f"What may be the matter: {score['reason']}. To try: {score['remedy']}." if score["reason"] else ""
    if score["reason"] == Reason.UNCLEAR:
        remedy = "Its sales before the test days show no reason for that."
    return {
        "scores": list(zip(names, texts, beside, strict=True)),
        "scored_days": f"Mean absolute error of next-day forecasts on {plural(int(score['scored_days']), 'test day')}.",
        "remedy": remedy,
    }
