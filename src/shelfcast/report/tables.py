"""What stands in the report's tables, as text: from a backtest or a forecast, rows to print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..evaluation.backtest import Backtest
from ..evaluation.verdict import REMEDIES, Verdict
from ..panel import Panel
from .formats import column, percent, plural

BASELINE_NAMES: Mapping[str, tuple[str, str]] = {
    "naive": ("Naive", "as much as the day before"),
    "seasonal_naive": ("Seasonal naive", "as much as a week before"),
    "mean_7": ("Mean of 7 days", "the last week, averaged"),
    "mean_28": ("Mean of 28 days", "the last four weeks, averaged"),
    "same_weekday_4": ("Same weekday", "the last four of them, averaged"),
}
SCORE_COLUMNS: Mapping[str, str] = {
    "mae": "MAE",
    "mae_median": "Median MAE",
    "mse": "MSE",
    "rmse": "RMSE",
    "wape": "WAPE",
    "rmsse": "RMSSE",
    "bias": "Bias",
}
RECENT_DAYS = 7  # beside tomorrow's forecast
MOST_UNDERSERVED = 30
MOST_TOMORROW = 200
_GROUP = 3  # products drawn beside each other


@dataclass(frozen=True)
class ScoreRow:
    """A model or baseline in the score table.

    Attributes:
        name: as the tables of the model folder have it.
        label, meaning: in words.
        is_model: not a baseline.
        cells: a text for each of `SCORE_COLUMNS`, and whether none in the column is better.
    """

    name: str
    label: str
    meaning: str
    is_model: bool
    cells: tuple[tuple[str, bool], ...]


def score_rows(result: Backtest, beside: Backtest | None = None) -> list[ScoreRow]:
    """The model, another beside it, then all baselines. Numbers that look the same are equally good."""
    scores = result.scores()
    if beside is not None:
        scores = pd.concat([scores[:1], beside.scores()[:1], scores[1:]], ignore_index=True)
    columns = []
    for name in SCORE_COLUMNS:
        values = scores[name].tolist()
        texts = [percent(share) for share in values] if name == "wape" else column(values, digits=4)
        best = texts[int(np.abs(values).argmin())].lstrip("−")
        columns.append([(text, text.lstrip("−") == best) for text in texts])
    rows = []
    for name, cells in zip(scores["model"], zip(*columns, strict=True), strict=True):
        is_model = name not in BASELINE_NAMES
        label, meaning = BASELINE_NAMES.get(name, (name, "this model" if name == result.model else "the other recipe"))
        rows.append(ScoreRow(name, label, meaning, is_model, cells))
    return rows


def interval_words(task: str, result: Backtest) -> str:
    """How many product-days the intervals held, in a sentence."""
    intervals = result.intervals()
    shares = zip(intervals["interval"].tolist(), intervals["coverage"].tolist(), strict=True)
    held = " and ".join(f"the {interval} interval held {percent(share)} of them" for interval, share in shares)
    return f"Of the product-days {task}, {held}."


@dataclass(frozen=True)
class KeyFigure:
    """A number to remember: what it is, its value and unit, and a word more."""

    label: str
    value: str
    unit: str
    note: str


def key_figures(result: Backtest, tomorrow: pd.DataFrame, recent: Panel) -> list[KeyFigure]:
    """The handful of numbers to remember."""
    scores = result.scores()
    errors = dict(zip(scores["model"], scores["mae"], strict=True))
    own = errors.pop(result.model)
    best = min(errors, key=errors.__getitem__)
    mae, best_mae = column([own, errors[best]])
    change = own / errors[best] - 1 if errors[best] > 0 else np.nan
    verdict = result.comparison.verdict
    better, scored = int((verdict == Verdict.BETTER).sum()), int((verdict != Verdict.NOT_SCORED).sum())
    bias = float(scores["bias_share"].iloc[0])
    leaning = "too high" if bias > 0 else "too low" if bias < 0 else "neither too high nor too low"
    days = recent.sales[:, -RECENT_DAYS:].sum(axis=0, dtype=np.float64)
    of = "MAE of the median" if "median" in result.outputs else "MAE"
    units, lately = column([float(tomorrow["mean"].sum()), float(days.mean())])
    return [
        KeyFigure(
            "Error a product and day",
            mae,
            "units",
            f"{of}; {best_mae} for {in_words(best)}, the best baseline",
        ),
        KeyFigure(
            "Against the best baseline",
            percent(abs(change), 0),
            "less error" if change < 0 else "more error",
            "over the shop, by MAE",
        ),
        KeyFigure("Products it serves better", f"{better:,}", f"of {scored:,}", "than every simple baseline"),
        KeyFigure("Bias", percent(bias), "of units", f"the forecasts are {leaning} on the whole"),
        KeyFigure("Tomorrow", units, "units", f"{lately} a day in the last {plural(len(days), 'day')}"),
    ]


@dataclass(frozen=True)
class ProductScore:
    """A product against its best baseline, as text; `row` is its place in `Backtest.per_product`."""

    row: int
    name: str
    mae: str
    baseline: str
    baseline_mae: str
    change: str
    reason: str
    remedy: str


def product_scores(per_product: pd.DataFrame, rows: Sequence[int]) -> list[ProductScore]:
    """The scored products of these rows of `Backtest.per_product`, in this order."""
    chosen = per_product.iloc[list(rows)]
    own, best = chosen["mae"].tolist(), chosen["best_baseline_mae"].tolist()
    texts = column([*own, *best])
    return [
        ProductScore(
            row=row,
            name=chosen["unique_id"].iloc[at],
            mae=texts[at],
            baseline=in_words(chosen["best_baseline"].iloc[at]),
            baseline_mae=texts[len(rows) + at],
            change=_change(own[at], best[at]),
            reason=chosen["reason"].iloc[at],
            remedy=chosen["remedy"].iloc[at],
        )
        for at, row in enumerate(rows)
    ]


def product_groups(per_product: pd.DataFrame) -> dict[str, list[ProductScore]]:
    """The products worth drawing by their heading; if they are few, all of them.

    Gain and loss are counted in units a day against the product's best baseline, and not as a share, so that
    it is not the products that hardly sell which come first.
    """
    gain = (per_product["best_baseline_mae"] - per_product["mae"]).to_numpy()
    scored = np.flatnonzero(per_product["scored_days"] > 0)
    ranked = scored[np.argsort(-gain[scored], kind="stable")]
    if len(ranked) <= 3 * _GROUP:
        return {"All scored products, the best first": product_scores(per_product, ranked.tolist())}
    between = ranked[_GROUP:-_GROUP]
    worst = between[np.argsort(-per_product["mae"].to_numpy()[between], kind="stable")]
    return {
        "Best, held against their best baseline": product_scores(per_product, ranked[:_GROUP].tolist()),
        "Worst, held against their best baseline": product_scores(per_product, ranked[: -_GROUP - 1 : -1].tolist()),
        "Largest error among all others": product_scores(per_product, worst[:_GROUP].tolist()),
    }


def underserved(per_product: pd.DataFrame) -> tuple[list[ProductScore], int]:
    """The products where the model is not better, the most units lost first, and how many more there are."""
    rows = np.flatnonzero(per_product["verdict"] == Verdict.NOT_BETTER)
    loss = (per_product["mae"] - per_product["best_baseline_mae"]).to_numpy()[rows]
    ranked = rows[np.argsort(-loss, kind="stable")].tolist()
    return product_scores(per_product, ranked[:MOST_UNDERSERVED]), max(len(ranked) - MOST_UNDERSERVED, 0)


def reasons(per_product: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Why the model may be not better: reason, number of products, remedy; the most frequent first."""
    named = per_product.loc[per_product["verdict"] == Verdict.NOT_BETTER, "reason"].value_counts()
    return [(str(reason), f"{count:,}", REMEDIES[str(reason)]) for reason, count in named.items()]


@dataclass(frozen=True)
class TomorrowRow:
    """A product tomorrow.

    Attributes:
        units: forecast.
        lately: mean of the last `RECENT_DAYS`, a day.
        bar, tick: the two in percent of the largest number in the table.
        on_sale: launched by now.
    """

    name: str
    units: str
    lately: str
    bar: str
    tick: str
    on_sale: bool


def tomorrow_rows(tomorrow: pd.DataFrame, recent: Panel) -> list[TomorrowRow]:
    """The products with most units tomorrow, at most `MOST_TOMORROW`; both in the same order of products."""
    order = np.argsort(-tomorrow["mean"].to_numpy(), kind="stable")[:MOST_TOMORROW]
    units = tomorrow["mean"].to_numpy(dtype=np.float64)[order]
    lately = recent.sales[order, -RECENT_DAYS:].mean(axis=1, dtype=np.float64)
    largest = max(units.max(), lately.max()) or 1.0
    names, on_sale = tomorrow["unique_id"].iloc[order], tomorrow["on_sale"].iloc[order]
    bars, ticks = ([f"{100 * value / largest:.1f}" for value in values] for values in (units, lately))
    rows = zip(names, column(units), column(lately), bars, ticks, on_sale, strict=True)
    return [TomorrowRow(*row) for row in rows]


def in_words(baseline: str) -> str:
    """A baseline's name within a sentence."""
    return BASELINE_NAMES.get(baseline, (baseline, ""))[0].lower()


def _change(own: float, best: float) -> str:
    """The error held against the best baseline's: `12 % less than`, `3 % more than`, `as much as`."""
    if own == best:
        return "as much as"
    share = f"{percent(abs(own / best - 1), 0)} " if best > 0 else ""  # of nothing there is no share
    return f"{share}{'less' if own < best else 'more'} than"
