"""The nightly run: new sales in, forecast out, yesterday's forecast scored, drift noticed, a better model promoted.

    trained up to |- - - - - days that the model has not been trained on - - - - -| last day
                                    |- - - the candidate is held against it - - - -|

Running it again changes nothing: days are scored once, under their date, and sales that are known already are no news.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Unpack

import numpy as np
import pandas as pd

from ..errors import ShelfcastError
from ..evaluation.metrics import mae
from ..forecast import forecast_ahead, forecast_table
from ..forecaster import Forecaster, Sales
from ..panel import Floats, Panel
from ..report.formats import plural
from ..store import read_json, write_json
from ..tables import TableArguments

HOLDOUT = 7  # days that neither model was trained on, at least, before a candidate is tried
_MOST_HOLDOUT = 28
_WINDOW = 28  # nights that drift is judged by
_FEWEST = 7  # nights below which it is not
_WORSE = 1.25  # times the backtest's error, from which it is drift
_BIASED = 0.1  # of the units sold
_MISSED = 5.0  # units forecast of a product that then sold none, from which it counts as vanished
_LOG = "nights.json"


@dataclass(frozen=True)
class Night:
    """A day that had been forecast, scored: its error a product, the same weekday's of the week before, the totals."""

    mae: float
    naive: float
    units: float
    forecast: float


@dataclass
class NightlyLog:
    """What the nights so far have told; kept in the model folder.

    Attributes:
        nights: a day to its score. tried: the last day up to which a candidate was trained.
    """

    nights: dict[str, Night] = field(default_factory=dict)
    tried: str = ""

    @classmethod
    def read(cls, folder: Path) -> NightlyLog:
        path = folder / "nightly" / _LOG
        if not path.exists():
            return cls()
        stored = read_json(path)
        return cls({day: Night(**night) for day, night in stored["nights"].items()}, stored["tried"])

    def write(self, folder: Path) -> None:
        """Whole or not at all."""
        path = folder / "nightly" / _LOG
        path.parent.mkdir(exist_ok=True)
        unfinished = path.with_name(f".{_LOG}")
        write_json(
            unfinished, {"nights": {day: asdict(n) for day, n in sorted(self.nights.items())}, "tried": self.tried}
        )
        unfinished.replace(path)


@dataclass(frozen=True)
class NightlyReport:
    """What a night did.

    Attributes:
        last_day: up to which sales are known now. new_days: that were taken in.
        drift: what a person should look at. promoted: a new model came into force; None if none was tried.
        lines: all of it in words. forecast: of the days ahead.
    """

    last_day: str
    new_days: int
    drift: list[str]
    promoted: bool | None
    lines: list[str]
    forecast: pd.DataFrame


def run_nightly(
    folder: Path, sales: Sales | None, device: str = "auto", **tables: Unpack[TableArguments]
) -> NightlyReport:
    """Takes in the sales after the last known day and saves the version that is best now.

    Args:
        sales: newer days, or the whole history, which lets a candidate learn new products; None: there are none.
        tables: newer ones, and the plans for the days ahead, as for `Forecaster.predict`.

    Raises:
        ModelFolderError: no model there, or it cannot be written; what was in force before still is.
        SalesError: the sales or a table cannot be used, the sales leave a gap, or a price or promotion of a day ahead
            is not known and no rule to fill it was chosen.
    """
    with _alone(folder):
        forecaster = Forecaster.load(folder, device=device)
        before, log = forecaster.recent, NightlyLog.read(folder)
        newer = None if sales is None else forecaster.read_newer(sales)
        if newer is None or newer.last_day <= before.last_day:
            lines = [f"No sales after {before.last_day}: nothing to do."]
            return NightlyReport(str(before.last_day), 0, [], None, lines, forecaster.predict(**tables))
        # what was forecast by what was known then
        said = forecast_table(before, forecast_ahead(forecaster.model, before, forecaster.recipe.horizon))
        unknown = newer.products[~np.isin(newer.products, before.products)]
        forecaster.follow(newer, **tables)
        panel = forecaster.recent
        new_days = int((panel.last_day - before.last_day).astype(int))
        log.nights |= _scored(said, panel, new_days)
        drift = [*_drift(log, forecaster), *_products(said, panel, new_days, unknown)]
        chosen, promoted, told = _choose(forecaster, _whole(before, newer, panel), log, device)
        if promoted is not None:
            log.tried = str(panel.last_day)
        forecast = chosen.predict(**tables)  # before anything is kept: a plan may be missing
        log.write(folder)
        chosen.save(folder)
        lines = [f"{plural(new_days, 'new day')}, up to {panel.last_day}.", *_told(log, new_days), *drift, *told]
        return NightlyReport(str(panel.last_day), new_days, drift, promoted, lines, forecast)


def _scored(said: pd.DataFrame, panel: Panel, new_days: int) -> dict[str, Night]:
    """The forecast that had been made of the new days, day by day, as far as it reached."""
    H = min(new_days, int(len(said) / len(panel.products)))
    forecast = said["mean"].to_numpy(np.float64).reshape(len(panel.products), -1)[:, :H]
    T = len(panel.dates)
    nights = {}
    for h in range(H):
        day = T - new_days + h
        counted = panel.observed[:, day]
        y, week_ago = panel.sales[:, day].astype(np.float64), panel.sales[:, max(day - 7 * (1 + h // 7), 0)]
        if counted.any():
            nights[str(panel.dates[day])] = Night(
                mae=float(np.abs(forecast[:, h] - y)[counted].mean()),
                naive=float(np.abs(week_ago - y)[counted].mean()),
                units=float(y[counted].sum()),
                forecast=float(forecast[counted, h].sum()),
            )
    return nights


def _drift(log: NightlyLog, forecaster: Forecaster) -> list[str]:
    """What the last nights show against the backtest."""
    nights = [night for _, night in sorted(log.nights.items())][-_WINDOW:]
    if len(nights) < _FEWEST:
        return []
    error, naive = (float(np.mean([getattr(night, name) for night in nights])) for name in ("mae", "naive"))
    units, forecast = (sum(getattr(night, name) for night in nights) for name in ("units", "forecast"))
    said = []
    if forecaster.result is not None:
        scored = forecaster.result.scores()["mae"].iloc[0]
        if error > _WORSE * scored:
            said.append(
                f"Drift: the error of the last {len(nights)} nights is {error:.3g}, the backtest's {scored:.3g}."
            )
    if error > naive:
        said.append(
            f"Drift: the same weekday of the week before was better ({naive:.3g}) than the model ({error:.3g})."
        )
    if units > 0 and abs(forecast / units - 1) > _BIASED:
        off = f"{100 * forecast / units - 100:+.0f} %"
        said.append(f"Drift: the forecasts of the last {len(nights)} nights are {off} off in total.")
    return said


def _products(said: pd.DataFrame, panel: Panel, new_days: int, unknown: np.ndarray[Any, Any]) -> list[str]:
    """New ones, and those that were expected to sell and did not."""
    told = []
    if len(unknown):
        many = f"{plural(len(unknown), 'product')} that the model does not know"
        told.append(f"New: {many} ({_named(unknown)}); take them in with shelfcast extend.")
    N = len(panel.products)
    expected = said["mean"].to_numpy(np.float64).reshape(N, -1)[:, :new_days].sum(axis=1)
    gone = (expected >= _MISSED) & (panel.sales[:, -new_days:].sum(axis=1) == 0)
    if gone.any():
        many = plural(int(gone.sum()), "product")
        told.append(f"Vanished: {many} sold nothing of what was forecast ({_named(panel.products[gone])}).")
    return told


def _named(products: np.ndarray[Any, Any]) -> str:
    return ", ".join(map(repr, products[:3].tolist())) + (" ..." if len(products) > 3 else "")


def _whole(before: Panel, newer: Panel, followed: Panel) -> Panel:
    """What a candidate is trained on: the newer sales themselves where they hold the whole history."""
    whole = newer.dates[0] <= before.dates[0] and newer.covariate_names == before.covariate_names
    return newer if whole else followed


def _choose(
    forecaster: Forecaster, panel: Panel, log: NightlyLog, device: str
) -> tuple[Forecaster, bool | None, list[str]]:
    """The forecaster itself, or a candidate that is better on days that neither was trained on."""
    result, last = forecaster.result, panel.last_day
    if result is None:
        return forecaster, None, ["No candidate: nobody knows up to which day an extended model was trained."]
    fresh = int((last - result.dates[-1]).astype(int))
    since = fresh if not log.tried else int((last - np.datetime64(log.tried, "D")).astype(int))
    if min(fresh, since) < HOLDOUT:
        return forecaster, None, []
    D = min(fresh, _MOST_HOLDOUT)
    candidate = Forecaster(forecaster.recipe.name, device=device, **asdict(forecaster.recipe))
    try:
        candidate.fit(panel, test_days=D, reading=forecaster.reading, **forecaster.rules.to_dict())
    except ShelfcastError as error:
        return forecaster, False, [f"No candidate could be trained: {error}"]
    assert candidate.result is not None
    held = candidate.result
    both = np.isin(held.products, forecaster.products)
    old = forecaster.rolling(D)
    errors = [
        _error(held.y[both], forecast, held.observed[both])
        for forecast in (held.forecasts[held.model][both], old[np.isin(forecaster.products, held.products)])
    ]
    days = f"on the last {plural(D, 'day')}, which neither was trained on"
    told = f"of {errors[0]:.4g} {days}, the one in force {errors[1]:.4g}"
    if errors[0] < errors[1]:
        return candidate, True, [f"Promoted: a new model has an error {told}."]
    return forecaster, False, [f"Not promoted: a new model has an error {told}."]


def _error(y: Floats, forecast: Floats, observed: np.ndarray[Any, Any]) -> float:
    return float(np.nanmean(mae(y, forecast, observed)))


def _told(log: NightlyLog, new_days: int) -> list[str]:
    latest = [night for _, night in sorted(log.nights.items())][-new_days:]
    if not latest:
        return []
    error, naive = np.mean([night.mae for night in latest]), np.mean([night.naive for night in latest])
    return [f"What had been forecast of them was {error:.3g} units off a product and day; a week before, {naive:.3g}."]


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One night at a time: a second one waits for the first."""
    if not (folder / "current").exists():
        yield  # loading says what is wrong
        return
    (folder / "nightly").mkdir(exist_ok=True)
    with (folder / "nightly" / "lock").open("w") as file:
        try:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        except ImportError:  # not on Windows
            pass
        yield
