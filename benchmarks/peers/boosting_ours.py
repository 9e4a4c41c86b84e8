"""LightGBM on the channels that our network is given: the sceptic's question, trees in place of the network."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import lightgbm
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmarks import settings
from benchmarks.contract import Forecast
from benchmarks.peers.boosting import history_days
from benchmarks.peers.covariates import EVENT_KINDS, event_columns
from shelfcast.crops import PROFILE_NAMES, Context, Crop, Shelf
from shelfcast.features.calendar import CALENDAR_NAMES, calendar_features
from shelfcast.features.feasts import Feasts
from shelfcast.features.recent import LAGS, MEAN_NAMES, RECENT_NAMES
from shelfcast.features.year_ago import YEAR_AGO_NAMES
from shelfcast.models.catalog import group_rows
from shelfcast.panel import Floats, Panel

_SHELF, _CROP = 1024, 256  # products that stand in memory at a time, and as channels
_IN_LEVELS = {
    *MEAN_NAMES,
    *(f"lag_{lag}" for lag in LAGS),
    *("same_weekday_4", "same_weekday_8", "deviation_28"),
    *("weekday_mean_4", "weekday_mean_8", "weekday_last", "month_day", "year_ago", "year_ago_month"),
}
_DATE_NAMES = [*CALENDAR_NAMES, "day_of_month", "day_of_year"]


class LightGBMOurs:
    """One model for all products and all days ahead, direct: a row is an origin and one of the days ahead of it.

    Two objectives, as in `LightGBM`. Columns are the channels of `shelfcast.crops`, those in levels in units again and
    the level beside them, since trees cannot multiply; the calendar and the events, which the network is told by waves
    and flags, as numbers and categories; the groups as categories; the days ahead. Each origin that is drawn gives a
    row for its next day and one for a farther day, drawn too. Both tasks come out of the same trees.

    Args:
        horizon: the farthest day ahead; 1 where only the next-day task is run.
    """

    def __init__(self, seed: int, horizon: int) -> None:
        self._seed, self._horizon = seed, horizon

    def fit(self, history: Panel) -> dict[str, float]:
        begun = time.process_time()
        T = len(history.dates)
        held_out = min(settings.VALIDATION_DAYS, T // 10)
        parts: tuple[list[Any], list[Any]] = ([], [])  # to learn from, and to stop by
        for features, units, target in self._examples(history):
            for part, chosen in zip(parts, (target < T - held_out, target >= T - held_out), strict=True):
                part.append((features[chosen], units[chosen]))
        training, validation = (([x for x, _ in part], np.concatenate([y for _, y in part])) for part in parts)
        del parts
        categories = _Columns(history, 0).categories
        rows = lightgbm.Dataset(*training, categorical_feature=categories, params={"verbosity": -1})
        stop_by = lightgbm.Dataset(*validation, reference=rows, categorical_feature=categories)
        costs = {"features": time.process_time() - begun}
        self._models: dict[str, lightgbm.Booster] = {}
        for output, objective in settings.LIGHTGBM_OBJECTIVES.items():
            begun = time.process_time()
            model = lightgbm.train(
                settings.LIGHTGBM | objective | {"seed": self._seed},
                rows,
                num_boost_round=settings.LIGHTGBM_ROUNDS,
                valid_sets=[stop_by],
                callbacks=[lightgbm.early_stopping(settings.LIGHTGBM_PATIENCE, verbose=False)],
            )
            self._models[output] = model
            costs[f"{output}, {model.best_iteration} rounds"] = time.process_time() - begun
        return costs

    def ahead(self, history: Panel, days: int) -> Forecast:
        return self._predict(history, origins=1, horizons=torch.arange(1, days + 1))

    def next_day(self, known: Panel, days: int) -> Forecast:
        return self._predict(known, origins=days, horizons=torch.ones(1, dtype=torch.long))

    def _examples(self, history: Panel) -> Iterator[tuple[Floats, Floats, NDArray[np.int64]]]:
        """Columns `[rows, F]`, units sold `[rows]` and the days `[rows]` on which they were, a few rows at a time."""
        N, T = history.sales.shape
        first = max(0, T - 1 - history_days(N))
        L = T - 1 - first  # origins; the last day is only a target
        drawn = min(L, max(1, settings.LIGHTGBM_OURS_ROWS // (N * (1 + (self._horizon > 1)))))
        draws = torch.Generator().manual_seed(self._seed)
        columns = _Columns(history, self._horizon)
        for crop in _crops(columns.context, first, L):
            places = torch.randperm(L, generator=draws)[:drawn].sort().values
            asked = [(places, 1)]
            if self._horizon > 1:
                ahead = torch.randint(2, self._horizon + 1, places.shape, generator=draws)
                asked += [(places[ahead == h], h) for h in sorted(set(ahead.tolist()))]
            for of_horizon, h in asked:
                horizon = torch.tensor([h])
                levels, counts = crop.targets(of_horizon, horizon)
                counts &= crop.days_in_stock[:, of_horizon, None] > 0
                units = (levels * crop.scale_ahead(of_horizon, horizon))[counts]
                target = (first + of_horizon + h)[None, :, None].expand_as(counts)[counts]
                yield columns.of(crop, of_horizon, horizon)[counts].numpy(), units.numpy(), target.numpy()

    def _predict(self, known: Panel, origins: int, horizons: Tensor) -> Forecast:
        """`[N, origins x horizons]` from the last origins, one of the two being 1."""
        columns, places = _Columns(known, int(horizons.max())), torch.arange(origins)
        blocks: dict[str, list[Floats]] = {output: [] for output in self._models}
        for crop in _crops(columns.context, len(known.dates) - origins, origins):
            features = columns.of(crop, places, horizons)
            for output, model in self._models.items():
                units = model.predict(features.flatten(0, 2).numpy(), num_iteration=model.best_iteration)
                blocks[output].append(np.asarray(units, dtype=np.float32).reshape(len(features), -1))
        return Forecast(*(np.concatenate(each) for each in blocks.values()))


class _Columns:
    """Makes the columns of a panel's crops.

    Attributes:
        context: of the panel.
        categories: the columns that are categories.
    """

    def __init__(self, panel: Panel, days_ahead: int) -> None:
        groups = group_rows(panel)
        fitted, device = panel.dates[[0, -1]], torch.device("cpu")
        self.context = Context(
            panel, groups, seq_len=1, days_ahead=days_ahead, fitted=fitted, device=device, feasts=Feasts.none()
        )
        before, known = self.context.first_day, self.context.covariates
        dates = panel.dates[0] + np.arange(-before, known.days)
        months, years = (dates.astype(f"datetime64[{unit}]").astype("datetime64[D]") for unit in "MY")
        of_date = [*calendar_features(dates).T, (dates - months).astype(np.int64), (dates - years).astype(np.int64)]
        names = list(_DATE_NAMES)
        if known.events:
            events = {name: np.pad(flags, (before, 0)) for name, flags in known.events.items()}
            of_events = event_columns(events, len(dates))
            names += list(of_events)
            of_date += list(of_events.values())
        self._dates = torch.from_numpy(np.column_stack(of_date).astype(np.float32))  # [days of a shelf, D]
        groups_and_dates = [*(["group"] * groups.shape[1]), *names]
        self.categories = [
            column for column, name in enumerate(groups_and_dates) if name in ("group", "day_of_week", *EVENT_KINDS)
        ]

    def of(self, crop: Crop, places: Tensor, horizons: Tensor) -> Tensor:
        """`[B, J, K, F]`: the groups, the date, the days ahead, the level, and the channels in units.

        Args:
            places: `[J]` of origins in the crop. horizons: `[K]` days ahead.
        """
        level = crop.level[:, places, None, None]  # [B, J, 1, 1]
        channels, days = crop.ahead(places, horizons)  # [B, J, K, Z], [B, J, K]
        last = crop.last_sales[:, places, None] * level  # [B, J, 1, SALES_DAYS]
        own = _in_units(crop.channels[:, places, None], RECENT_NAMES, level)  # [B, J, 1, C]
        channels = _in_units(channels, [*PROFILE_NAMES, *YEAR_AGO_NAMES], level)
        groups = crop.groups[:, None, None, 1:].float()
        shape = days.shape
        columns = [groups, self._dates[days], horizons[:, None].float(), level, last, own, channels]
        return torch.cat([column.expand(*shape, -1) for column in columns], dim=3)


def _in_units(channels: Tensor, names: list[str], level: Tensor) -> Tensor:
    """The channels `[B, J, K, C]`, those in levels times the level; the first of them have these names."""
    in_levels = torch.zeros(channels.shape[-1], dtype=torch.bool)
    in_levels[: len(names)] = torch.tensor([name in _IN_LEVELS for name in names])
    return torch.where(in_levels, channels * level, channels)


def _crops(context: Context, first: int, length: int) -> Iterator[Crop]:
    """All products, some at a time, on the `length` origins from the panel's day `first` on."""
    N = len(context.panel.products)
    for start in range(0, N, _SHELF):
        shelf = Shelf(context, slice(start, min(start + _SHELF, N)))
        for at in range(0, len(shelf.sales), _CROP):
            products = torch.arange(at, min(at + _CROP, len(shelf.sales)))
            yield shelf.crop(products, torch.full_like(products, first), length)
