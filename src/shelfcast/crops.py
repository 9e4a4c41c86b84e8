"""From a panel to crops: some products on some days in a row, each day an origin, with all that may be known there.

    panel     |  LOOKS_BACK + seq_len empty days  |  T days of sales  |  days ahead  |
    crop            |------ LOOKS_BACK days ------|-- L origins --|-- days ahead --|
                      features look back on them    each one asks for the days after it

One panel tensor, and crops are gathered from it where it lies: no window is ever stored. All that a crop tells
of an origin is made of the days up to that origin; only `targets` looks ahead, for the loss.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import pad

from .covariates import CovariateNames, Covariates
from .features.calendar import (
    ANY_NAMES,
    EVENT_SHIFTS,
    EVENTS_AHEAD,
    MONTH_DAY_NAMES,
    SEASON_NAMES,
    event_features,
    month_day_features,
    season_features,
)
from .features.feasts import Feasts
from .features.level import FLOOR, Levels, LevelState, follow_levels
from .features.month_ago import month_days, month_profile, months_before
from .features.prices import (
    PRICE_AHEAD_NAMES,
    PRICE_NAMES,
    SIGNAL_NAMES,
    own_lift,
    price_ahead_channels,
    price_channels,
)
from .features.recent import (
    PROFILE_DAYS,
    RECENT_NAMES,
    in_levels,
    mean_in_levels,
    recent_channels,
    weekday_profile,
)
from .features.rolling import month_sum
from .features.totals import NOW_NAMES, YEAR_AGO_TOTAL_NAMES, Totals, with_catalog
from .features.year_ago import YEAR_AGO_NAMES, YearAgo
from .panel import Days, Floats, Panel, Status

LOOKS_BACK = 392  # days before an origin that a feature may look at: last year's month around the day
_KNOWN = np.timedelta64(548, "D")  # of the fit: a year and a half, in which seasons come again
SALES_DAYS = 28  # up to an origin, that the network sees as they are
_ROWS = 4096  # products whose prices are summed at a time
_CHEAPEST = 1e-3  # a price that is given as 0 counts as this
PROFILE_NAMES = ["weekday_mean_4", "weekday_mean_8", "weekday_last", "month_day", "month_day_catalog"]


@dataclass(frozen=True)
class Inputs:
    """How many channels the network is given.

    Attributes:
        origin: of an origin. target: of a day ahead. calendar: of a date; `events`, the last of these, tell of
            events, which are rare.
    """

    origin: int
    target: int
    calendar: int
    events: int

    @classmethod
    def of(cls, attributes: int, covariates: CovariateNames, feasts: int) -> Inputs:
        """For products with that many attributes, whose groups have totals, with these covariates, and with so many
        feasts that were found.
        """
        groups = 1 + attributes
        target = len(PROFILE_NAMES) + len(YEAR_AGO_NAMES) + len(YEAR_AGO_TOTAL_NAMES) * groups
        target += (len(PRICE_NAMES) + len(PRICE_AHEAD_NAMES) + groups) * covariates.prices
        target += len(SIGNAL_NAMES) * len(covariates.signals)
        named = len(covariates.events) + feasts
        events = len(EVENT_SHIFTS) * named + len(ANY_NAMES) if named else 0
        return cls(
            origin=len(RECENT_NAMES) + len(NOW_NAMES) * groups,
            target=target,
            calendar=len(SEASON_NAMES) + len(MONTH_DAY_NAMES) + events,
            events=events,
        )


@dataclass(frozen=True)
class Calendar:
    """What is known of dates in a row, on the device.

    Attributes:
        channels: `[days, 49 + events]`. month_days: `[days, 6]`.
        seasons_known: the fit is long enough to tell a season from a trend, and a day of the month from chance.
    """

    channels: Tensor
    month_days: Tensor
    seasons_known: bool

    @classmethod
    def of(
        cls,
        dates: Days,
        events: Mapping[str, NDArray[np.bool_]],
        fitted: Days,
        device: torch.device,
        feasts: Feasts,
    ) -> Calendar:
        """From `dates [days]` in a row, flags of these and of `EVENTS_AHEAD` more days for each event, the `[2]` first
        and last day of the fit, and the feasts found there.
        """
        named = {**events, **feasts.flags(dates[0] + np.arange(len(dates) + EVENTS_AHEAD))}
        seasons_known = bool(fitted[1] - fitted[0] >= _KNOWN)
        told = event_features(named, len(dates) + EVENTS_AHEAD)[: len(dates)]
        features = season_features(dates, fitted), month_day_features(dates) * seasons_known, told
        channels = torch.from_numpy(np.concatenate(features, axis=1, dtype=np.float32)).to(device)
        return cls(channels, torch.from_numpy(month_days(dates)).to(device), seasons_known)

    def until(self, days: int) -> Calendar:
        """The first of the dates: what is known of them does not hang on how far the calendar reaches."""
        return Calendar(self.channels[:days], self.month_days[:days], self.seasons_known)


class Surroundings:
    """What all products share on the days of a shelf, on the device.

    Attributes:
        totals: of the catalog and its groups.
        group_price: `[G, days]` mean logarithm of the prices of the listed products; None without prices.
        calendar: `[days, 49 + events]`. month_days: `[days, 6]`.
        seasons_known: as of `Calendar`.
        days_ahead: the farthest day that will be asked for.
    """

    def __init__(self, totals: Totals, calendar: Calendar, group_price: Tensor | None, days_ahead: int) -> None:
        self.totals, self.group_price, self.days_ahead = totals, group_price, days_ahead
        self.calendar, self.month_days = calendar.channels, calendar.month_days
        self.seasons_known = calendar.seasons_known


class Context(Surroundings):
    """The surroundings of a panel's products: made once, before any block is cut from it.

    Attributes:
        panel: all products, `[N, T]`.
        groups: `[N, A]` each product's groups, from 1 on.
        seq_len: origins of a crop, `L`.
        first_day: where the panel's first day stands among the days of a shelf.
        covariates: from the panel's first day to the last of those ahead.

    Args:
        fitted: `[2]` the first and the last day of the fit, whose seasons the network knows.
        feasts: that were found in these.
    """

    def __init__(
        self,
        panel: Panel,
        groups: NDArray[np.int64],
        seq_len: int,
        days_ahead: int,
        fitted: Days,
        device: torch.device,
        feasts: Feasts,
    ) -> None:
        T = len(panel.dates)
        self.panel, self.groups, self.device = panel, groups, device
        self.seq_len, self.first_day = seq_len, LOOKS_BACK + seq_len
        known = Covariates(T) if panel.covariates is None else panel.covariates
        self.covariates = known.between(0, T + days_ahead)
        events = Covariates(known.days, events=known.events).between(-self.first_day, T + days_ahead + EVENTS_AHEAD)
        dates = panel.dates[0] + np.arange(-self.first_day, T + days_ahead)
        group_price = None
        if self.covariates.prices is not None:
            group_price = pad(group_means(self.covariates.prices, groups, device), (self.first_day, 0))
        super().__init__(
            Totals.of(panel, groups, self.first_day, days_ahead, device),
            Calendar.of(dates, events.events, fitted, device, feasts),
            group_price,
            days_ahead,
        )


class Shelf:
    """Some products of a panel, on the device, with what is known of each of their days.

    Args:
        context: of the panel.
        rows: the products that are taken.

    Attributes:
        level_state: of the products after the panel's last day.
    """

    context: Surroundings
    price: Tensor | None
    signals: list[tuple[Tensor, Tensor]]

    def __init__(self, context: Context, rows: slice | NDArray[np.int64]) -> None:
        panel, device = context.panel, context.device
        self.context, self.totals, self.first_day = context, context.totals, context.first_day
        around = (self.first_day, context.days_ahead)
        self.products = torch.from_numpy(np.arange(len(panel.products))[rows]).to(device)  # [N] rows of the panel
        self.groups = torch.from_numpy(with_catalog(context.groups[rows])).to(device)  # [N, 1 + A]
        self.sales = pad(torch.from_numpy(panel.sales[rows]).to(device), around)  # [N, days]
        self.available = pad(torch.from_numpy(panel.status[rows]).to(device) == Status.ON_SALE, around)
        known = slice(self.first_day, self.first_day + len(panel.dates))
        self.level_state = LevelState.of_no_day(self.sales)
        levels = follow_levels(self.sales[:, known], self.available[:, known], self.level_state)
        self.levels = Levels(
            level=pad(levels.level, around, value=FLOOR),
            outage=pad(levels.outage, around),
            own_mean=pad(levels.own_mean, around),
            days_in_stock=pad(levels.days_in_stock, around),
        )
        self.in_stock = self.available & ~self.levels.outage
        self.price = None  # [N, days] logarithms, NaN where not listed
        prices = context.covariates.prices
        if prices is not None:
            self.price = pad(log_prices(prices[rows], device), (self.first_day, 0), value=torch.nan)
        signals = context.covariates.signals
        self.signals = []  # [G, days] of these products, and the row of each
        for name in sorted(signals):
            used, own = np.unique(signals[name].rows[rows], return_inverse=True)
            values = torch.from_numpy(signals[name].values[used]).to(device)
            self.signals.append((pad(values, (self.first_day, 0)), torch.from_numpy(own).to(device)))

    def crop(self, products: Tensor, first: Tensor, length: int) -> Crop:
        """The crop of `length` origins from the panel's day `first` on.

        Args:
            products: `[B]` rows of the shelf.
            first: `[B]` days of the panel, from `-seq_len` on.
        """
        return Crop(self, products, first + self.first_day, length)

    def cut(self, values: Tensor, products: Tensor, first: Tensor, days: int) -> Tensor:
        """`[B, days]` of `values [N, days of the shelf]`, of each product from its `first` day on."""
        gathered: Tensor = values.unfold(1, days, 1)[products, first]
        return gathered


class Crop:
    """`B` products, each on its own `L` origins in a row.

    Attributes:
        shelf: that it was cut from.
        origins: `[B, L]` days of the shelf.
        level: `[B, L]` units.
        scale: `[B, L]` units, that forecasts of the next day are in: the level, and where seasons are not known, at the
            catalog's pace.
        days_in_stock: `[B, L]` so far; 0 before the product was first on sale.
        channels: `[B, L, C]` of each origin.
        last_sales: `[B, L, SALES_DAYS]` in levels, the origin's own day last.
        calendar: `[days, D]` of the shelf.
    """

    def __init__(self, shelf: Shelf, products: Tensor, first: Tensor, length: int) -> None:
        self.shelf, self.calendar = shelf, shelf.context.calendar
        self._rows = products
        self.products = shelf.products[products]  # [B] rows of the panel
        self.groups = shelf.groups[products]  # [B, 1 + A]
        self.origins = first[:, None] + torch.arange(length, device=first.device)
        seen, own = LOOKS_BACK + length, slice(LOOKS_BACK, LOOKS_BACK + length)

        def cut(values: Tensor, days: int = seen) -> Tensor:
            """`[B, days]` of `[N, days of the shelf]`, from the first day looked back at."""
            return shelf.cut(values, products, first - LOOKS_BACK, days)

        sales, in_stock = cut(shelf.sales), cut(shelf.in_stock).float()
        levels = Levels(*(cut(values) for values in vars(shelf.levels).values()))
        self.level = levels.level[:, own]
        self.scale = self.level if shelf.context.seasons_known else self.level * shelf.totals.pace[self.origins]
        self.days_in_stock = levels.days_in_stock[:, own]
        self._sales = sales
        self._profiles = (
            weekday_profile(sales, in_stock, levels.level, 4, length + PROFILE_DAYS),
            weekday_profile(sales, in_stock, levels.level, 8, length + PROFILE_DAYS),
        )
        months = month_sum(sales * in_stock), month_sum(in_stock)
        self._year_ago = YearAgo.of(sales, months)
        recent = recent_channels(sales, in_stock, levels, self._profiles, months, length)
        now = shelf.totals.now[self.groups[:, :, None], self.origins[:, None]]  # [B, 1 + A, L, 3]
        self.channels = torch.cat([recent, now.transpose(1, 2).flatten(2)], dim=2)
        last = sales[:, LOOKS_BACK - SALES_DAYS + 1 :].unfold(1, SALES_DAYS, 1)
        self.last_sales = in_levels(last, self.level[:, :, None])
        self._in_stock = in_stock
        self._cut, self._first = cut, first - LOOKS_BACK
        width = seen + shelf.context.days_ahead
        if shelf.price is not None:
            self._price = cut(shelf.price, width)
            self._price_channels = price_channels(self._price, length + shelf.context.days_ahead)
        self._signals = []
        for values, rows in shelf.signals:
            signal = shelf.cut(values, rows[products], self._first, width)  # [B, width]
            self._signals.append((signal, own_lift(signal[:, :seen], sales, in_stock, levels.level, length)))

    def ahead(self, places: Tensor, horizons: Tensor) -> tuple[Tensor, Tensor]:
        """What some origins are told of the days ahead of them.

        Args:
            places: `[J]` of origins in the crop, 0 to `L - 1`.
            horizons: `[K]` days ahead, 1 is the next day.

        Returns:
            `[B, J, K, Z]` channels of the product and its groups, and `[B, J, K]` the days of the shelf that
            they are, rows of its calendar.
        """
        origins = LOOKS_BACK + places[:, None]  # [J, 1] in the days looked back at
        targets = origins + horizons  # [J, K]
        seen = targets - 7 * ((horizons + 6) // 7)  # the last of the same weekday that is known
        level = self.level[:, places, None]  # [B, J, 1]
        days = self.origins[:, places, None] + horizons  # [B, J, K] in the days of the shelf
        profiles = [mean_in_levels(profile[:, seen - LOOKS_BACK + PROFILE_DAYS], level) for profile in self._profiles]
        profiles.append(in_levels(self._sales[:, seen], level))
        profiles += self._month_day(targets, days, horizons, level)
        year_ago = self._year_ago.channels(origins, targets, level, self.days_in_stock[:, places, None])
        totals = self.shelf.totals.year_ago_channels(self.groups, self.origins[:, places, None], days)
        channels = [torch.stack(profiles, dim=3), year_ago, totals]
        if self.shelf.price is not None:
            channels += self._prices(places, targets, days, horizons)
        for signal, lift in self._signals:
            now = signal[:, targets]  # [B, J, K]
            channels.append(torch.stack([now, now * lift[:, places, None]], dim=3))
        return torch.cat(channels, dim=3), days

    def _month_day(self, targets: Tensor, days: Tensor, horizons: Tensor, level: Tensor) -> list[Tensor]:
        """`[B, J, K]` for the product, in levels, and for the catalog, over its month: the day of the month."""
        back = months_before(self.shelf.context.month_days[days], horizons)  # [B, J, K, 3]
        at = (targets[..., None] - back).flatten(1)
        sales, in_stock = (values.gather(1, at).view(back.shape) for values in (self._sales, self._in_stock))
        catalog = self.shelf.totals.now[0, days[..., None] - back, 0].mean(dim=-1)
        return [mean_in_levels(month_profile(sales, in_stock, level), level), catalog.clamp(0.2, 5).log()]

    def _prices(self, places: Tensor, targets: Tensor, days: Tensor, horizons: Tensor) -> list[Tensor]:
        """Channels of the prices of the days ahead, each `[B, J, K, ...]`."""
        own, asked = self._price_channels, places[:, None] + horizons  # [B, L + days ahead, 6], [J, K]
        silence = (self.channels[:, places, RECENT_NAMES.index("days_since_sale"), None] * 3).expm1()
        faded = -self.channels[:, places, RECENT_NAMES.index("level_to_own_mean"), None]
        to_year = torch.cat([own[:, places, None, 0], own[:, asked, 0]], dim=2)
        since = (own[:, asked, PRICE_NAMES.index("days_since_change")] * 3).expm1()
        price = self._price[:, targets]
        group_price = self.shelf.context.group_price
        assert group_price is not None
        of_groups = group_price[self.groups[:, None, None], days[..., None]]  # [B, J, K, 1 + A]
        beside = (price[..., None] - of_groups).nan_to_num(0)
        return [
            own[:, asked],
            price_ahead_channels(to_year, since.round(), horizons, silence, faded),
            beside.clamp(-3, 3),
        ]

    def targets(self, places: Tensor, horizons: Tensor) -> tuple[Tensor, Tensor]:
        """`[B, J, K]` what was sold on the days ahead, in scales (`scale_ahead`), and whether it was the demand."""
        rows, days = self._rows[:, None, None], self.origins[:, places, None] + horizons
        return self.shelf.sales[rows, days] / self.scale_ahead(places, horizons), self.shelf.available[rows, days]

    def scale_ahead(self, places: Tensor, horizons: Tensor) -> Tensor:
        """`[B, J, K]` units, that forecasts of the days ahead of some origins are in: the scale, and where seasons are
        not known, moved by the catalog's trend, from the second day ahead on and no further than a month.
        """
        scale = self.scale[:, places, None]  # [B, J, 1]
        if self.shelf.context.seasons_known:
            return scale.expand(-1, -1, len(horizons))
        return scale * self.shelf.totals.growth(self.origins[:, places], horizons)


def log_prices(prices: Floats, device: torch.device) -> Tensor:
    """As a shelf holds them: logarithms, NaN where not listed."""
    return torch.from_numpy(prices).to(device).clamp_min(_CHEAPEST).log()


def group_means(prices: Floats, groups: NDArray[np.int64], device: torch.device) -> Tensor:
    """`[G, days]`: the mean logarithm of the prices of each group's listed products, group 0 the catalog."""
    members = torch.from_numpy(with_catalog(groups)).to(device)  # [N, 1 + A]
    exact = torch.float32 if device.type == "mps" else torch.float64  # which has no doubles
    total = torch.zeros(int(groups.max(initial=0)) + 1, prices.shape[1], dtype=exact, device=device)
    count = torch.zeros_like(total)
    for start in range(0, len(prices), _ROWS):
        rows = slice(start, start + _ROWS)
        logs = log_prices(prices[rows], device)
        listed, logs = (~logs.isnan()).to(exact), logs.nan_to_num(0).to(exact)
        for column in members[rows].T:
            total.index_add_(0, column, logs)
            count.index_add_(0, column, listed)
    return (total / count.clamp_min(1)).float()
