"""LightGBM, one model for all products, through mlforecast: the opponent to beat."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pandas as pd
from lightgbm import LGBMRegressor, early_stopping
from mlforecast import MLForecast
from mlforecast.lag_transforms import RollingMean
from numpy.typing import NDArray

from benchmarks import settings
from benchmarks.contract import Forecast
from benchmarks.peers.covariates import EVENT_KINDS, covariate_columns
from benchmarks.peers.table import first_days, long_table, of_rows
from shelfcast.panel import DAY, Panel


class LightGBM:
    """Two objectives on the same features: Tweedie for the mean, absolute error for the median.

    Days on which demand was not observed are no targets. Rounds are chosen by early stopping on the validation days.
    (Fitting again on all days with that number of rounds was tried: it doubles the cost and moved RMSE by -0.1 % to
    +0.8 %.) The horizon task is done by recursion, each objective on its own forecasts. Where the shop has prices,
    signals and events, those of the day to be forecast are features.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._forecaster = MLForecast(
            models={},
            freq="D",
            lags=settings.LIGHTGBM_LAGS,
            lag_transforms={1: [RollingMean(days, min_samples=1) for days in settings.LIGHTGBM_MEANS]},
            date_features=settings.LIGHTGBM_CALENDAR,
        )

    def fit(self, history: Panel) -> dict[str, float]:
        begun = time.process_time()
        T, recent = len(history.dates), history.tail(history_days(len(history.products)))
        first = first_days(recent)
        table = long_table(recent, first)
        known = covariate_columns(history, T - len(recent.dates), T)
        categories = []
        for name, values in history.attributes.items():
            kinds, codes = np.unique(values, return_inverse=True)
            if len(kinds) < len(values):
                table[name] = codes.astype(np.int16)[table["unique_id"]]
                categories.append(name)
        for name in list(known):
            table[name] = of_rows(known.pop(name), first)
        categorical = [*categories, *(name for name in EVENT_KINDS if name in table)]
        rows: Any = self._forecaster.preprocess(table, static_features=categories, dropna=False)
        features = rows.columns.drop(["unique_id", "ds", "y"])
        held_out = min(settings.VALIDATION_DAYS, T // 10)
        training = (rows["ds"] <= pd.Timestamp(history.dates[-1 - held_out])).to_numpy()
        observed = of_rows(recent.observed, first)
        X, y, training = rows.loc[observed, features], rows["y"].to_numpy()[observed], training[observed]
        del table, rows
        parts = {"features": time.process_time() - begun}
        models: dict[str, Any] = {}
        for output, objective in settings.LIGHTGBM_OBJECTIVES.items():
            begun = time.process_time()
            models[output] = LGBMRegressor(
                **settings.LIGHTGBM,
                **objective,
                n_estimators=settings.LIGHTGBM_ROUNDS,
                random_state=self._seed,
            )
            models[output].fit(
                X[training],
                y[training],
                eval_X=X[~training],
                eval_y=y[~training],
                callbacks=[early_stopping(settings.LIGHTGBM_PATIENCE, verbose=False)],
                categorical_feature=categorical,
            )
            parts[f"{output}, {models[output].best_iteration_} rounds"] = time.process_time() - begun
        self._forecaster.models_ = models
        return parts

    def ahead(self, history: Panel, days: int) -> Forecast:
        T = len(history.dates)
        return self._predict(
            len(history.products), history.last_day + DAY, covariate_columns(history, T, T + days), days
        )

    def next_day(self, known: Panel, days: int) -> Forecast:
        N, T = known.sales.shape
        columns, said = covariate_columns(known, T - days + 1, T + 1), []
        for day in range(T - days + 1, T + 1):
            of_day = {name: values[:, day - T - 1, None] for name, values in columns.items()}
            said.append(self._predict(N, known.dates[0] + day * DAY, of_day, 1))
            if day < T:
                dates = np.full(N, known.dates[day].astype("datetime64[ns]"))
                actual = {"unique_id": np.arange(N, dtype=np.int32), "ds": dates, "y": known.sales[:, day]}
                self._forecaster.update(pd.DataFrame(actual))
        means, medians = ([getattr(one, output) for one in said] for output in settings.LIGHTGBM_OBJECTIVES)
        return Forecast(np.concatenate(means, axis=1), np.concatenate(medians, axis=1))

    def _predict(self, products: int, first: np.datetime64, columns: dict[str, NDArray[Any]], days: int) -> Forecast:
        """The `days` days from `first` on, of which `columns` tell: each `[N, days]`."""
        ahead = None
        if columns:
            dates = np.tile((first + np.arange(days)).astype("datetime64[ns]"), products)
            ids = np.repeat(np.arange(products, dtype=np.int32), days)
            ahead = pd.DataFrame({"unique_id": ids, "ds": dates} | {name: v.ravel() for name, v in columns.items()})
        table = self._forecaster.predict(days, X_df=ahead)  # by product then day
        outputs = (
            table[name].to_numpy(dtype=np.float32).reshape(products, days) for name in settings.LIGHTGBM_OBJECTIVES
        )
        return Forecast(*outputs)


def history_days(products: int) -> int:
    """How far back it learns."""
    wanted = max(settings.LIGHTGBM_HISTORY_DAYS, settings.LIGHTGBM_LEAST_ROWS // products)
    return min(wanted, max(settings.LIGHTGBM_MOST_ROWS // products, 2 * settings.VALIDATION_DAYS))
