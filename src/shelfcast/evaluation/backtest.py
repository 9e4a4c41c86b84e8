"""A backtest: what a model and the simple baselines said of the test days, and what was sold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import ColumnError, HistoryError, ModelFolderError, ShelfcastError
from ..panel import DAY, Days, Floats, Panel
from .baselines import BASELINES, baseline_forecasts, baselines_ahead
from .metrics import Doubles, Flags, bias, coverage, mae, rmse, rmsse, rmsse_scale, score, wape
from .verdict import REMEDIES, Comparison, DemandClass, Strings, Verdict, compare, describe, summary

_REFERENCE = "seasonal_naive"
OUTPUT_COLUMNS = ("median", "lo-80", "hi-80", "lo-95", "hi-95")  # what a model may say beside its mean
_INTERVALS = (("80 %", 0.8, "lo-80", "hi-80"), ("95 %", 0.95, "lo-95", "hi-95"))
_REASONS = ("", *REMEDIES)


@dataclass(frozen=True, eq=False)
class Backtest:
    """Forecasts for `D` test days of `N` products, made with the days up to the cutoff of each and no other.

    On the next-day task the cutoff is the day before; on the horizon task it is the day before the test days, for
    all of them.

    A model that forecasts the median beside the mean is held to MAE by its median, which that error rewards, and to
    all other errors by its mean. No score without a seasonal naive beside it: a backtest that lacks it cannot be
    built.

    Attributes:
        products: `[N]` names.
        attributes: a name to `[N]` strings, the key parts of a product.
        dates: `[D]` test days.
        cutoffs: `[D]` the last known day of each.
        y: `[N, D]` units sold.
        observed: `[N, D]` the day is scored: on sale and in stock.
        on_sale: `[N, D]` offered, in stock or not.
        forecasts: a name to `[N, D]` units; the model first, then the baselines.
        scale: `[N]` squared units, what RMSSE divides by.
        mean_sales: `[N]` units a day before the test days.
        demand_class: `[N]` of `DemandClass`, before the test days.
        reason: `[N]` of `Reason` where the model is not better than the best baseline, else "".
        outputs: of the model beside its mean, any of `OUTPUT_COLUMNS` to `[N, D]` units.

    Raises:
        ShelfcastError: seasonal naive is missing, or a forecast is not a finite `[N, D]`.
    """

    products: Strings
    attributes: Mapping[str, Strings]
    dates: Days
    cutoffs: Days
    y: Floats
    observed: Flags
    on_sale: Flags
    forecasts: Mapping[str, Floats]
    scale: Doubles
    mean_sales: Doubles
    demand_class: Strings
    reason: Strings
    outputs: Mapping[str, Floats] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if _REFERENCE not in self.baselines:
            raise ShelfcastError(f"No model is scored without {_REFERENCE} beside it, and it is missing.")
        said = {**self.forecasts, **{f"{self.model}, {name}": units for name, units in self.outputs.items()}}
        for name, forecast in said.items():
            if forecast.shape != self.y.shape:
                raise ShelfcastError(
                    f"The forecast of {name} must be {list(self.y.shape)} (products, test days),"
                    f" not {list(forecast.shape)}."
                )
            if not np.isfinite(forecast).all():
                n, d = np.argwhere(~np.isfinite(forecast))[0]
                raise ShelfcastError(
                    f"{name} forecasts {forecast[n, d]} for {str(self.products[n])!r} on {self.dates[d]}.",
                    "Train again with a smaller learning rate.",
                )

    @classmethod
    def of(
        cls,
        panel: Panel,
        model: str,
        forecast: Floats,
        outputs: Mapping[str, Floats] | None = None,
        *,
        one_origin: bool = False,
    ) -> Backtest:
        """The backtest of a model's forecast for the last `D` days of a panel.

        Args:
            panel: the test days and all days before them.
            model: its name, none of a baseline's.
            forecast: `[N, D]` units, the mean, products in the panel's order.
            outputs: what else it says, of `OUTPUT_COLUMNS`; other names are left out.
            one_origin: the horizon task: all `D` days were forecast from the day before them.

        Raises:
            HistoryError: no test day, or no day before them.
            ShelfcastError: the forecast is not a finite `[N, D]`, or has a baseline's name.
        """
        D = forecast.shape[1]
        if not 1 <= D < len(panel.dates):
            raise HistoryError(
                f"{D} test days cannot be taken from {len(panel.dates)} days of sales.",
                f"Choose from 1 to {len(panel.dates) - 1} test days.",
            )
        history = panel.until(panel.dates[-1 - D])
        baselines = baselines_ahead(history, D) if one_origin else baseline_forecasts(panel, D)
        if model in baselines:
            raise ShelfcastError(f"A model cannot be called {model!r}: a baseline is.")
        test, described = panel.tail(D), describe(history.sales, history.status)
        backtest = cls(
            products=panel.products,
            attributes=panel.attributes,
            dates=test.dates,
            cutoffs=np.full(D, test.dates[0] - DAY) if one_origin else test.dates - DAY,
            y=test.sales,
            observed=test.observed,
            on_sale=test.on_sale,
            forecasts={model: forecast.astype(np.float32), **baselines},
            scale=rmsse_scale(history.sales),
            mean_sales=described.mean_sales,
            demand_class=described.demand_class,
            reason=described.reason,
            outputs={name: (outputs or {})[name] for name in OUTPUT_COLUMNS if name in (outputs or {})},
        )
        underserved = backtest.comparison.verdict == Verdict.NOT_BETTER
        return replace(backtest, reason=np.where(underserved, described.reason, ""))

    def to_arrays(self) -> dict[str, NDArray[np.generic]]:
        """All of it but the names of the products and their attributes, as `from_arrays` takes it."""
        classes, reasons = list(map(str, DemandClass)), list(map(str, _REASONS))
        return {
            "dates": self.dates.astype(np.int64),
            "cutoffs": self.cutoffs.astype(np.int64),
            "y": self.y,
            "observed": self.observed,
            "on_sale": self.on_sale,
            "mean": self.forecasts[self.model],
            **self.baselines,
            **self.outputs,
            "scale": self.scale,
            "mean_sales": self.mean_sales,
            "demand_class": np.array([classes.index(name) for name in self.demand_class.tolist()], np.uint8),
            "reason": np.array([reasons.index(name) for name in self.reason.tolist()], np.uint8),
        }

    @classmethod
    def from_arrays(
        cls,
        model: str,
        arrays: Mapping[str, NDArray[Any]],
        products: Strings,
        attributes: Mapping[str, Strings],
    ) -> Backtest:
        """The backtest that `to_arrays` described, number for number.

        Args:
            model: its name.
            products, attributes: `[N]`, as they were.

        Raises:
            ModelFolderError: an array is missing, unknown, or of another shape or type.
        """
        N, D = len(products), len(arrays.get("dates", ()))
        outputs = [name for name in OUTPUT_COLUMNS if name in arrays]
        grids: dict[str, Any] = dict.fromkeys(("y", "mean", *BASELINES, *outputs), np.float32)
        grids |= {"observed": np.bool_, "on_sale": np.bool_}
        expected: dict[str, tuple[tuple[int, ...], Any]]
        expected = {name: ((N, D), np.dtype(kind)) for name, kind in grids.items()}
        expected |= {name: ((D,), np.dtype(np.int64)) for name in ("dates", "cutoffs")}
        expected |= {name: ((N,), np.dtype(np.float64)) for name in ("scale", "mean_sales")}
        expected |= {name: ((N,), np.dtype(np.uint8)) for name in ("demand_class", "reason")}
        kinds = np.array(list(map(str, DemandClass))), np.array(list(map(str, _REASONS)))
        fits = {name: (array.shape, array.dtype) for name, array in arrays.items()} == expected and D > 0
        if not fits or any(
            (arrays[name] >= len(known)).any() for name, known in zip(("demand_class", "reason"), kinds, strict=True)
        ):
            raise ModelFolderError(
                "The stored backtest is of other products or days, or of another shape.", "Train again."
            )
        return cls(
            products=products,
            attributes=attributes,
            dates=arrays["dates"].astype("datetime64[D]"),
            cutoffs=arrays["cutoffs"].astype("datetime64[D]"),
            y=arrays["y"],
            observed=arrays["observed"],
            on_sale=arrays["on_sale"],
            forecasts={model: arrays["mean"], **{name: arrays[name] for name in BASELINES}},
            scale=arrays["scale"],
            mean_sales=arrays["mean_sales"],
            demand_class=kinds[0][arrays["demand_class"]],
            reason=kinds[1][arrays["reason"]],
            outputs={name: arrays[name] for name in outputs},
        )

    @property
    def model(self) -> str:
        """The model's name."""
        return next(iter(self.forecasts))

    @property
    def baselines(self) -> dict[str, Floats]:
        """A baseline's name to its `[N, D]` units."""
        return dict(list(self.forecasts.items())[1:])

    @property
    def point(self) -> Floats:
        """`[N, D]` units of the model that absolute errors are taken of: its median, or, of one without, its mean."""
        return self.outputs.get("median", self.forecasts[self.model])

    @cached_property
    def comparison(self) -> Comparison:
        """The model against the best simple baseline of each product."""
        own = mae(self.y, self.point, self.observed)
        return compare(own, {name: mae(self.y, f, self.observed) for name, f in self.baselines.items()})

    def scores(self) -> pd.DataFrame:
        """A row of `Scores` for the model, then one for each baseline; the column `model` names them.

        `mae_of` says what `mae` and `mae_median` are the error of: `median` or `mean`.
        """
        rows = []
        for name, forecast in self.forecasts.items():
            median = self.outputs.get("median") if name == self.model else None
            scores = score(self.y, forecast, self.observed, self.scale, median)
            rows.append({"model": name, **asdict(scores), "mae_of": "mean" if median is None else "median"})
        return pd.DataFrame(rows)

    def intervals(self) -> pd.DataFrame:
        """A row an interval of the model: `interval`, `promised` share, `coverage`, the share of the observed
        product-days within it, and its mean `width` in units. Without intervals no row.
        """
        rows = []
        for name, promised, low, high in _INTERVALS:
            if low in self.outputs and high in self.outputs:
                ends = self.outputs[low], self.outputs[high]
                held = coverage(self.y, *ends, self.observed)
                width = float((ends[1] - ends[0])[self.observed].mean(dtype=np.float64))
                rows.append({"interval": name, "promised": promised, "coverage": held, "width": width})
        return pd.DataFrame(rows, columns=["interval", "promised", "coverage", "width"])

    def summary(self) -> str:
        """The verdict over the shop, in plain words."""
        scores = self.scores()
        text = summary(self.model, dict(zip(scores["model"], scores["mae"], strict=True)), self.comparison.verdict)
        if "median" in self.outputs:
            errors = dict(zip(scores["model"], scores["rmse"], strict=True))
            own, best = errors.pop(self.model), min(errors, key=errors.__getitem__)
            text += (
                f" That is the error of its median; its mean has an RMSE of {own:.3f}"
                f" against {errors[best]:.3f} of {best}."
            )
        return text

    def per_product(self) -> pd.DataFrame:
        """A row a product: the model's errors (MAE of its median, if it has one), each baseline's MAE, the verdict,
        and where the model is not better, a reason that the days before the test days suggest and a remedy to try.

        A product without an observed test day has a row, with `scored_days` 0 and NaN for its errors.
        """
        forecast = self.forecasts[self.model]
        return _frame(
            self.products,
            self.attributes,
            {
                "mae": mae(self.y, self.point, self.observed),
                "rmse": rmse(self.y, forecast, self.observed),
                "wape": wape(self.y, forecast, self.observed),
                "rmsse": rmsse(self.y, forecast, self.observed, self.scale),
                "bias": bias(self.y, forecast, self.observed),
                "mean_sales": self.mean_sales,
                "demand_class": self.demand_class,
                **{f"mae_{name}": mae(self.y, f, self.observed) for name, f in self.baselines.items()},
                "best_baseline": self.comparison.best_baseline,
                "best_baseline_mae": self.comparison.best_mae,
                "gain": self.comparison.gain,
                "verdict": self.comparison.verdict,
                "reason": self.reason,
                "remedy": np.array([REMEDIES.get(reason, "") for reason in self.reason.tolist()]),
                "scored_days": self.observed.sum(axis=1),
                "scale": self.scale,
            },
        )

    def forecast_table(self, rows: slice = slice(None)) -> pd.DataFrame:
        """The model's forecasts of these products, long, by product then day: `unique_id`, the key parts, `ds`,
        `cutoff` (the last known day), `y`, `mean`, its other outputs, `on_sale`, `observed` (the day is scored).
        """
        return self._long(
            rows,
            self.attributes,
            y=self.y,
            mean=self.forecasts[self.model],
            **self.outputs,
            on_sale=self.on_sale,
            observed=self.observed,
        )

    def baseline_table(self, rows: slice = slice(None)) -> pd.DataFrame:
        """The baselines' forecasts in the same rows: `unique_id, ds, cutoff`, one column a baseline."""
        return self._long(rows, {}, **self.baselines)

    def _long(self, rows: slice, attributes: Mapping[str, Strings], **values: np.ndarray[Any, Any]) -> pd.DataFrame:
        """A row a product and day from `[N, D]` values."""
        N, D = self.y[rows].shape
        days = np.tile(self.dates.astype("datetime64[us]"), N)
        return _frame(
            np.repeat(self.products[rows], D),
            {name: np.repeat(parts[rows], D) for name, parts in attributes.items()},
            {
                "ds": days,
                "cutoff": np.tile(self.cutoffs.astype("datetime64[us]"), N),
                **{name: grid[rows].ravel() for name, grid in values.items()},
            },
        )


def _frame(
    products: Strings, attributes: Mapping[str, Strings], columns: Mapping[str, np.ndarray[Any, Any]]
) -> pd.DataFrame:
    for name in attributes:
        if name == "unique_id" or name in columns or name in OUTPUT_COLUMNS:
            raise ColumnError(
                f"A key column is called {name!r}, as a column of the score tables is.",
                "Rename the key column.",
            )
    return pd.DataFrame({"unique_id": products, **attributes, **columns})
