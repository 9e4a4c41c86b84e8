"""Networks of neuralforecast, one for all products."""

from __future__ import annotations

import logging
import time
import warnings
from typing import Any

import numpy as np
import pandas as pd
from neuralforecast import NeuralForecast
from neuralforecast.losses.pytorch import MAE, MSE
from neuralforecast.models import LSTM, NHITS, TSMixerx
from numpy.typing import NDArray

from benchmarks import settings
from benchmarks.contract import Forecast
from benchmarks.peers.table import first_days, long_table, of_rows
from benchmarks.settings import WEEK
from shelfcast.panel import Days, Floats, Panel

_KINDS = {"nhits": NHITS, "lstm": LSTM, "tsmixerx": TSMixerx}
_LOSSES = {"mean": MSE, "median": MAE}
_QUIET = {
    "logger": False,
    "enable_progress_bar": False,
    "enable_checkpointing": False,
    "enable_model_summary": False,
}


class Neural:
    """NHITS, LSTM or TSMixerx, trained twice: squared error for the mean, absolute error for the median.

    The horizon task is one pass. Where only the next-day task is run the network is trained for one day; else the first
    day of its horizon is taken. Days on which demand was not observed carry no loss. The number of steps is chosen by
    early stopping on the validation days.
    """

    def __init__(self, name: str, seed: int, horizon: int) -> None:
        self._name, self._seed, self._horizon = name, seed, horizon
        logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
        warnings.filterwarnings("ignore", module="pytorch_lightning|neuralforecast")

    def fit(self, history: Panel) -> dict[str, float]:
        self._statics = _statics(history)
        first = first_days(history)
        table = long_table(history, first).assign(available_mask=of_rows(history.observed, first).astype(np.float32))
        calendar = _calendar(history.dates)
        table = table.merge(calendar, on="ds")
        chosen: dict[str, Any] = settings.NEURAL | settings.NEURAL_MODELS[self._name] | _QUIET
        if self._name == "tsmixerx":
            chosen["n_series"] = len(history.products)
        held_out = max(min(settings.VALIDATION_DAYS, len(history.dates) // 10), self._horizon)
        self._forecasters, parts = {}, {}
        for output, loss in _LOSSES.items():
            begun = time.process_time()
            network = _KINDS[self._name](
                h=self._horizon,
                loss=loss(),
                futr_exog_list=calendar.columns.drop("ds").tolist(),
                stat_exog_list=self._statics.columns.drop("unique_id").tolist() or None,
                random_seed=self._seed,
                alias="said",
                **chosen,
            )
            self._forecasters[output] = NeuralForecast([network], freq="D")
            self._forecasters[output].fit(table, static_df=self._static_table(), val_size=held_out)
            parts[output] = time.process_time() - begun
        return parts

    def ahead(self, history: Panel, days: int) -> Forecast:
        return Forecast(*(self._predict(history, output) for output in _LOSSES))

    def next_day(self, known: Panel, days: int) -> Forecast:
        origins = known.dates[len(known.dates) - days :]
        said = {output: [self._predict(known.until(origin), output)[:, :1] for origin in origins] for output in _LOSSES}
        return Forecast(*(np.concatenate(each, axis=1) for each in said.values()))

    def _predict(self, known: Panel, output: str) -> Floats:
        """`[N, H]` units for the days after the last known one."""
        recent = known.tail(settings.NEURAL["input_size"])
        N, H = len(known.products), self._horizon
        table = long_table(recent, np.zeros(N, dtype=np.int64)).merge(_calendar(recent.dates), on="ds")
        ahead = _calendar(known.last_day + np.arange(1, H + 1))
        future = pd.DataFrame({"unique_id": np.arange(N, dtype=np.int32)}).merge(ahead, how="cross")
        said = self._forecasters[output].predict(table, static_df=self._static_table(), futr_df=future)
        units: Floats = said["said"].to_numpy(dtype=np.float32).reshape(N, H)
        return units

    def _static_table(self) -> pd.DataFrame | None:
        return self._statics if self._statics.shape[1] > 1 else None


def _statics(panel: Panel) -> pd.DataFrame:
    """`unique_id` (the product's number), and a column of 0 and 1 for each kind of each attribute."""
    columns: dict[str, NDArray[Any]] = {"unique_id": np.arange(len(panel.products), dtype=np.int32)}
    for name, values in panel.attributes.items():
        kinds = np.unique(values)
        if len(kinds) <= settings.NEURAL_MOST_KINDS:
            columns |= {f"{name}_{kind}": (values == kind).astype(np.float32) for kind in kinds}
    return pd.DataFrame(columns)


def _calendar(dates: Days) -> pd.DataFrame:
    """`ds`, and what is known of each day: its weekday, and where it lies in the year and in the month."""
    days = dates.astype(np.int64)
    columns = {f"weekday_{weekday}": days % WEEK == weekday for weekday in range(WEEK)}
    year = (dates - dates.astype("datetime64[Y]")).astype(np.int64) / 365.25
    month = (dates - dates.astype("datetime64[M]")).astype(np.int64) / 30.44
    for name, phase in (("year", year), ("year_twice", 2 * year), ("month", month)):
        columns |= {f"{name}_sin": np.sin(2 * np.pi * phase), f"{name}_cos": np.cos(2 * np.pi * phase)}
    return pd.DataFrame(columns, dtype=np.float32).assign(ds=dates.astype("datetime64[ns]"))
