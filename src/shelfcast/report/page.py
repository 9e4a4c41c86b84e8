"""One HTML file that opens from disk: no network, no script, the charts in it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..evaluation.backtest import Backtest
from ..evaluation.verdict import Verdict
from ..panel import Panel
from ..reading import ReadingReport
from ..recipe import CatalogRecipe, ClassicRecipe, Recipe
from ..training import TrainingRun
from .curves import curve_verdict
from .errors import error_tables, worst_tables
from .formats import column, day, plural, weekday
from .plots import demand_chart, error_bins, error_chart, loss_chart, save_loss_curves
from .series import Series
from .tables import (
    RECENT_DAYS,
    SCORE_COLUMNS,
    in_words,
    interval_words,
    key_figures,
    product_groups,
    reasons,
    score_rows,
    tomorrow_rows,
    underserved,
)
from .templates import style, templates

# A recipe's name to what the model is, in two sentences.
_METHODS = {
    ClassicRecipe.name: (
        "One network forecasts all products together: convolutions over windows of {seq_len} days, in"
        " which every product has its sales of {lags} days before and every day its place in the week and the"
        " year, then an LSTM over the days, then one dense layer with an output for each product. It was"
        " trained to make the squared error small, on sales scaled to between 0 and 1 product by product, and"
        " gives tomorrow's demand of the whole catalog in one pass."
    ),
    CatalogRecipe.name: (
        "One network with the same weights for every product: a convolution and an LSTM run over {seq_len}"
        " days of what the product sold lately, a year ago and on the same weekdays, all in units of its own"
        " level, and of what the whole catalog sold. Every day of the training part was an origin whose next"
        " {horizon} days had to be forecast: the expected demand (Tweedie loss) and its quantiles"
        " (pinball loss)."
    ),
}


@dataclass(frozen=True)
class Beside:
    """Another recipe on the same sales and test days: its forecasts and its scored training run."""

    result: Backtest
    run: TrainingRun


@dataclass(frozen=True)
class ReportContent:
    """Everything that a report tells of.

    Attributes:
        title: the heading.
        recipe: what the model was made by.
        reading: what was done to the sales on their way in, if they came through the door.
        run: the training run that was scored.
        result: its forecasts for the test days, each made the day before.
        ahead: those made at one origin before them, if the recipe forecasts further days.
        recent: `[N, T]` the last days of sales up to the last test day, products as in `result`.
        tomorrow: a row a product in the same order: `unique_id, ds, cutoff, mean, on_sale`.
        refitted: tomorrow's forecast comes from a model that has seen the test days too.
        beside: another recipe, whose scores stand beside the model's.
    """

    title: str
    recipe: Recipe
    reading: ReadingReport | None
    run: TrainingRun
    result: Backtest
    ahead: Backtest | None
    recent: Panel
    tomorrow: pd.DataFrame
    refitted: bool
    beside: Beside | None = None


def write_report(folder: Path, content: ReportContent) -> None:
    """Writes `report.html` and `loss_curves.png` into `folder`."""
    # A file's name may hold bytes that are no text; such a byte is written as a character that none is.
    html = render_report(content).encode("utf-8", errors="xmlcharrefreplace")
    (folder / "report.html").write_bytes(html)
    save_loss_curves(content.run, folder / "loss_curves.png")


def render_report(content: ReportContent) -> str:
    """The page; every text from outside is escaped."""
    result, recent, tomorrow = content.result, content.recent, content.tomorrow
    series = Series.of(recent, result, tomorrow)
    rows = tomorrow_rows(tomorrow, recent)
    return (
        templates()
        .get_template("page.html.j2")
        .render(
            evaluation_context(content),
            style=style(),
            days=plural(len(result.dates), "test day"),
            first_day=day(result.dates[0]),
            last_day=day(result.dates[-1]),
            tomorrow=f"{weekday(series.dates[-1])}, {day(series.dates[-1])}",
            figures=key_figures(result, tomorrow, recent),
            shop=demand_chart(series.shop(), _shop_label(series), wide=True),
            tomorrow_rows=rows,
            more_tomorrow=len(tomorrow) - len(rows),
            lately=plural(min(RECENT_DAYS, len(recent.dates)), "day"),
            plural=plural,
        )
    )


def evaluation_context(content: ReportContent) -> dict[str, Any]:
    """What `evaluation.html.j2` and `method.html.j2` show: how good the forecasts are, and where they come from."""
    result, recent = content.result, content.recent
    per_product = result.per_product()
    series = Series.of(recent, result, content.tomorrow)
    groups = product_groups(per_product)
    worst, more = underserved(per_product)
    settings = {name: _setting(value) for name, value in asdict(content.recipe).items()}
    return {
        "content": content,
        "notes": _notes(content),
        "columns": SCORE_COLUMNS.values(),
        "scores": score_rows(result, content.beside.result if content.beside else None),
        "ahead": _ahead(content.ahead),
        "held": [interval_words(task, of) for task, of in _tasks(content)],
        "other": _beside(content.beside),
        "losses": loss_chart(content.run, "Loss of the training, validation and test days by epoch."),
        "curves": curve_verdict(content.run),
        **_errors(result, per_product),
        "error_tables": error_tables(result, content.ahead),
        "worst_tables": worst_tables(per_product, recent),
        "groups": groups,
        "charts": {
            product.row: demand_chart(
                series.product(product.row),
                f"Sales and forecast of {product.name}; MAE {product.mae} units a day.",
            )
            for products in groups.values()
            for product in products
        },
        "verdicts": {verdict.name.lower(): int((result.comparison.verdict == verdict).sum()) for verdict in Verdict},
        "reasons": reasons(per_product),
        "underserved": worst,
        "more_underserved": more,
        "method": _METHODS[content.recipe.name].format(**settings),
        "limits": _limits(content),
        "settings": {"recipe": content.recipe.name} | settings,
    }


def _tasks(content: ReportContent) -> list[tuple[str, Backtest]]:
    """Those whose intervals were held against the test days, in words."""
    tasks = [("forecast the day before", content.result)]
    if content.ahead is not None:
        tasks.append(("all forecast from one day", content.ahead))
    return [(words, result) for words, result in tasks if len(result.intervals())]


def _ahead(ahead: Backtest | None) -> dict[str, Any] | None:
    """The scores of the days ahead of one origin, and its date."""
    if ahead is None:
        return None
    return {
        "days": plural(len(ahead.dates), "day"),
        "origin": day(ahead.cutoffs[0]),
        "scores": score_rows(ahead),
    }


def _beside(beside: Beside | None) -> dict[str, Any] | None:
    """The other recipe, in a sentence and with its curves."""
    if beside is None:
        return None
    label = f"Loss of the training, validation and test days of {beside.result.model}."
    return {
        "name": beside.result.model,
        "run": beside.run,
        "summary": beside.result.summary(),
        "losses": loss_chart(beside.run, label),
        "curves": curve_verdict(beside.run),
    }


def _notes(content: ReportContent) -> list[str]:
    """What a reader must know before the numbers."""
    notes = []
    if content.reading is not None and content.reading.partial_last_day:
        notes.append(content.reading.partial_last_day)
    if content.run.interrupted:
        kept = "the average of the weights" if content.run.averaged else "the best epoch"
        notes.append(f"Training was interrupted: these are the scores of {kept} until then.")
    if not content.refitted:
        notes.append("The network that forecasts tomorrow has not learned from the test days: it was not fitted again.")
    return notes


def _limits(content: ReportContent) -> list[str]:
    """What the numbers do not say."""
    limits = [f"The scores are of {plural(len(content.result.dates), 'test day')}: another season may differ."]
    if content.result.outputs:
        limits += [
            "Days on which two products are wanted together are forecast one by one: the interval of a sum is not"
            " the sum of the intervals.",
            f"It knows past sales, the calendar and {_told(content.recent)}; it does not know the weather.",
        ]
        if content.run.feasts:
            limits.append(
                "It found days that were unlike the weeks around them year after year:"
                f" {', '.join(content.run.feasts)}. Others it does not know; they can be named (--events, --holidays)."
            )
    else:
        limits += [
            "The forecast is the expected demand of one day ahead, without an interval around it.",
            "It knows past sales and the calendar: no prices, promotions, holidays, weather or stock.",
        ]
    limits += [
        "What was wanted while a product was sold out is unknown; a day not marked so counts as it sold.",
    ]
    if content.refitted:
        epochs = "" if content.run.averaged else ", with the epochs chosen before"
        limits.append(
            f"Tomorrow is forecast by a network fitted again on all days, the test days too{epochs}:"
            " the scores are those of the first fit, and nobody can score the second one yet."
        )
    return limits


def _told(panel: Panel) -> str:
    """The covariates of a panel, in words."""
    names = panel.covariate_names
    told = (["prices"] if names.prices else []) + [*names.signals, *names.events]
    return f"what was given beside them ({', '.join(told)})" if told else "nothing else: no prices or promotions"


def _errors(result: Backtest, per_product: pd.DataFrame) -> dict[str, Any]:
    """The picture of the errors by product, and what it takes to read it."""
    scored = per_product[per_product["scored_days"] > 0]
    best = min(result.baselines, key=lambda name: float(scored[f"mae_{name}"].mean()))
    own, beside = scored["mae"].to_numpy(), scored[f"mae_{best}"].to_numpy()
    (median,), (largest,) = column([float(np.median(own))]), column([float(own.max())])
    spread = f"Half of the products have an MAE of {median} units a day or less; the largest is {largest}."
    edges = error_bins(own, beside)
    if min(own.min(), beside.min()) < edges[0]:
        spread += " The first bar holds all smaller ones."
    return {
        "errors": error_chart(own, beside, edges, f"How many products have which MAE. {spread}"),
        "median": median,
        "beside": in_words(best),
        "spread": spread,
    }


def _shop_label(series: Series) -> str:
    return (
        f"Units sold by the whole shop from {day(series.dates[0])} to {day(series.dates[-2])},"
        " the forecasts of the test days, and tomorrow's."
    )


def _setting(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
