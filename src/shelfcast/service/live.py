"""Live forecasts: of some products, from sales that the model has not seen, in one forward pass.

What each product has left behind by the last known day is computed once a model and kept. So a request costs by
the products and days that it tells of, and not by the catalog or its history.

What a request does not tell of other products is taken as their demand on the same weekday of the last known
week: they count in the totals that every forecast is told of.

The network goes on from what it remembers of the days before the last known one. So, told of all products, a live
forecast equals that of a full pass over the same sales that begins where the stored forecast's began: it runs over the
new days more than `Forecaster.predict` would. Where a known day is told anew, the pass runs over `seq_len` days again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import pad

from ..ahead import are_cold_starts
from ..covariates import Covariates
from ..crops import LOOKS_BACK, Calendar, Shelf, Surroundings, group_means, log_prices
from ..features.calendar import EVENTS_AHEAD
from ..features.demand import LOOKS_BACK as DEMAND_DAYS
from ..features.demand import open_demand, open_demand_by_block
from ..features.level import FLOOR, Levels, LevelState, follow_levels
from ..features.totals import Totals, group_sums, with_catalog
from ..models.catalog import CatalogModel, by_output, require_horizon
from ..models.catalog_training import next_days
from ..models.classic import ClassicModel
from ..models.cold_start import Company
from ..networks.catalog import Memory
from ..panel import Floats, Panel, Status
from ..recipe import LONGEST_HORIZON
from .told import Foreseen, Rows, Told, filled_sales, foreseen_status, masked, require_reach

Number = TypeVar("Number", np.float32, np.uint8)
Real = TypeVar("Real", np.float32, np.float64)
_LEVELS = ("level", "outage", "own_mean", "days_in_stock")
_STEP = 28  # days between the kept states of the levels: a corrected day costs by the days since the one before it
_STEPS = 14  # that are kept
_THREADS = torch.get_num_threads()  # that a batch is forecast by
_ROWS = 16_384  # products whose levels are followed at a time


class LiveClassic:
    """Live forecasts of a classic model, whose one network looks at all products."""

    def __init__(self, model: ClassicModel, panel: Panel, foreseen: Foreseen) -> None:
        self.model, self.panel, self.foreseen = model, panel, foreseen

    def ahead(self, told: Told, horizon: int) -> dict[str, Floats]:
        """As `LiveCatalog.ahead`.

        Raises:
            HistoryError: more than a day is asked for, or the new days reach too far.
        """
        require_reach(told.new_days(len(self.panel.dates)) + horizon)
        T = len(self.panel.dates)
        new = told.new_days(T)
        sales = np.ascontiguousarray(_repeated(self.panel.sales, new))
        status = np.concatenate([self.panel.status, self.foreseen.status[:, :new]], axis=1)
        sales[told.rows], status[told.rows] = filled_sales(self.panel, told, self.foreseen)
        dates = self.panel.dates[0] + np.arange(T + new)
        ahead = self.model.ahead(Panel(sales, status, dates, self.panel.products, self.panel.attributes), horizon)
        expected = foreseen_status(told, self.foreseen, new, horizon)
        return masked({name: values[told.rows] for name, values in ahead.items()}, expected)


class LiveCatalog:
    """Live forecasts of a catalog model, by what each product has left behind.

    Args:
        model: on a CPU.
        panel: its products, up to the last known day.
        foreseen: of the same.
        memory: of the same, as `CatalogModel.ahead_and_memory` gives it.
    """

    @torch.inference_mode()
    def __init__(self, model: CatalogModel, panel: Panel, foreseen: Foreseen, memory: Memory) -> None:
        T, K = len(panel.dates), LOOKS_BACK + model.recipe.seq_len
        self.model, self.panel, self.foreseen, self._memory = model, panel, foreseen, memory
        self._closed = np.concatenate([panel.closed, foreseen.closed])
        self._sums = group_sums(open_demand_by_block(panel), model.groups)
        self._members = with_catalog(model.groups)
        self._company = Company.of(panel)
        self._window = K
        self._levels, self._state, self._states = _followed(panel, K)
        known = Covariates(T) if panel.covariates is None else panel.covariates
        events = Covariates(known.days, events=known.events).between(T - K, T + LONGEST_HORIZON + EVENTS_AHEAD)
        dates = panel.dates[0] + np.arange(T - K, T + LONGEST_HORIZON)
        self._calendar = Calendar.of(dates, events.events, model.fitted, model.device, model.feasts)
        self._plans = None if panel.covariates is None else replace(known, events={})  # of products; events are dates'
        self._group_price = None
        if known.prices is not None:
            around = known.between(T - K, T + LONGEST_HORIZON)
            assert around.prices is not None
            self._group_price = group_means(around.prices, model.groups, model.device)

    @torch.inference_mode()
    def ahead(self, told: Told, horizon: int) -> dict[str, Floats]:
        """`[B, horizon]` units for each output, of the days after the last that is known or told.

        Raises:
            HistoryError: a horizon that cannot be had, or days that reach too far past the known ones.
        """
        require_horizon(horizon)
        new = told.new_days(len(self.panel.dates))
        require_reach(new + horizon)
        sales, status = filled_sales(self.panel, told, self.foreseen)
        around = self._surroundings(told, sales, status, horizon)
        goes_on = self._goes_on(told)

        @torch.inference_mode()
        def of_block(start: int) -> Tensor:
            at = slice(start, start + self.model.block)
            memory = Memory(*(part[told.rows[at]] for part in self._memory)) if goes_on else None
            return self._of_block(self._shelf(told, at, sales[at], status[at], around), memory, horizon)

        said = by_output(_side_by_side(of_block, range(0, len(told.rows), self.model.block)), len(told.rows))
        expected = foreseen_status(told, self.foreseen, new, horizon)
        cold = are_cold_starts(status, expected[:, -1])
        if cold.any():
            said = self._company_of(told, sales, status).blended(said, told.rows, sales, status, cold)
        return masked(said, expected)

    def _goes_on(self, told: Told) -> bool:
        """The memory holds: no known day is told otherwise than it is known."""
        early = told.day < len(self.panel.dates)
        rows, day, units = told.rows[told.product[early]], told.day[early], told.units[early]
        sold = self.panel.status[rows, day] == Status.ON_SALE
        return bool(((self.panel.sales[rows, day] == units) & (sold | (units == 0))).all())

    def _of_block(self, shelf: _LiveShelf, memory: Memory | None, horizon: int) -> Tensor:
        """`[B, horizon, Q]` units after the last day of the shelf.

        Args:
            memory: of the days before the last known one; None: the pass runs over `seq_len` days.
        """
        L = self.model.recipe.seq_len if memory is None else shelf.last - self._window + 2
        products = torch.arange(len(shelf.products))
        crop = shelf.crop(products, torch.full_like(products, shelf.last - L + 1), L)
        near, state, _ = next_days(self.model.network, crop, 1 if memory is None else L, memory)
        return self.model.ahead_of_last(crop, near, state, horizon)

    def _company_of(self, told: Told, sales: Floats, status: NDArray[np.uint8]) -> Company:
        """What cold starts are held against: the known days of all products, and the told ones if told of all."""
        if not len(told.product) or len(told.rows) < len(self.panel.products):
            return self._company
        dates = self.panel.dates[0] + np.arange(sales.shape[1])
        return Company.of(replace(self.panel, sales=sales, status=status, dates=dates))

    def _surroundings(self, told: Told, sales: Floats, status: NDArray[np.uint8], horizon: int) -> Surroundings:
        """Of the last `K` known days, the new ones and those ahead; `[B, T + new]` sales and status as told."""
        T, K = len(self.panel.dates), self._window
        new = sales.shape[1] - T
        members = self._members[told.rows]
        needed = np.unique(members)
        sums = self._sums[needed]
        sums = _repeated(sums, new)
        since = max(min(int(told.day.min(initial=T)), T - 7) - DEMAND_DAYS, 0)  # before it nothing changes
        closed = self._closed[: T + new].copy()
        closed[told.day[told.units > 0]] = False
        now = open_demand(sales[:, since:], status[:, since:], closed[since:])
        known = self.panel.sales[told.rows, since:], self.panel.status[told.rows, since:]
        guessed = _repeated(open_demand(*known, self._closed[since:T]), new)
        change = torch.from_numpy((now - guessed).astype(np.float64))
        for column in np.searchsorted(needed, members).T:
            torch.from_numpy(sums[:, since:]).index_add_(0, torch.from_numpy(column), change)
        before = max(K - T, 0)
        totals = Totals.of_sums(np.maximum(sums, 0), closed, before, horizon, self.model.device).since(max(T - K, 0))
        group_price = None
        if self._group_price is not None:
            group_price = self._group_price[:, : K + new + horizon]
        calendar = self._calendar.until(K + new + horizon)
        return Surroundings(_spread(totals, needed, len(self._sums)), calendar, group_price, horizon)

    def _shelf(
        self, told: Told, at: slice, sales: Floats, status: NDArray[np.uint8], around: Surroundings
    ) -> _LiveShelf:
        rows = told.rows[at]
        T, K, horizon = len(self.panel.dates), self._window, around.days_ahead
        new = sales.shape[1] - T
        where = torch.from_numpy(rows)
        state = LevelState(self._state[:, where])
        known = Levels(*(values[where] for values in vars(self._levels).values()))
        there = torch.from_numpy(status[:, T:] == Status.ON_SALE)
        parts = [known]
        if new:
            parts.append(follow_levels(torch.from_numpy(np.ascontiguousarray(sales[:, T:])), there, state))
        levels = _joined(parts)
        changed = (sales[:, :T] != self.panel.sales[rows]) | (status[:, :T] != self.panel.status[rows])
        revised = np.flatnonzero(changed.any(axis=1))
        if len(revised):
            day = int(changed.any(axis=0).argmax())
            first, state = self._state_before(day, where[revised])
            units = torch.from_numpy(np.ascontiguousarray(sales[revised, first:]))
            anew = follow_levels(units, torch.from_numpy(status[revised, first:] == Status.ON_SALE), state)
            unseen, column = max(T - K - first, 0), max(first - (T - K), 0)
            for name, values in vars(anew).items():
                getattr(levels, name)[torch.from_numpy(revised), column:] = values[:, unseen:]
        return _LiveShelf(self, told, at, _fitted(sales, K + new), _fitted(status, K + new), levels, around, horizon)

    def _state_before(self, day: int, rows: Tensor) -> tuple[int, LevelState]:
        """The last kept state of the products before the day, and the day that it is followed by."""
        step, steps = day // _STEP, -(-len(self.panel.dates) // _STEP)
        kept = step - (steps - len(self._states))
        if kept >= 0:
            return step * _STEP, LevelState(self._states[kept][:, rows])
        return 0, LevelState.of_no_day(rows.float())


def _side_by_side(work: Callable[[int], Tensor], starts: Sequence[int]) -> list[Tensor]:
    """What the work gives of each block, by a thread a block: a second one on the small steps of a block costs more
    than it gains.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        if len(starts) == 1:
            return [work(starts[0])]
        with ThreadPoolExecutor(_THREADS) as threads:
            return list(threads.map(work, starts))
    finally:
        torch.set_num_threads(before)


class _LiveShelf(Shelf):
    """Some products on the last days and those ahead: a shelf whose first day is the first of these.

    Attributes:
        last: the day of the shelf that is the last known or told one.
    """

    def __init__(
        self,
        live: LiveCatalog,
        told: Told,
        at: slice,
        sales: Floats,
        status: NDArray[np.uint8],
        levels: Levels,
        around: Surroundings,
        horizon: int,
    ) -> None:
        rows, days = told.rows[at], sales.shape[1]
        self.last = days - 1
        self.context, self.totals, self.first_day = around, around.totals, 0
        self.products = torch.from_numpy(rows)
        self.groups = torch.from_numpy(live._members[rows])
        self.sales = pad(torch.from_numpy(sales), (0, horizon))
        self.available = pad(torch.from_numpy(status == Status.ON_SALE), (0, horizon))
        fillings = {"level": FLOOR}
        padded = {name: pad(values, (0, horizon), value=fillings.get(name, 0)) for name, values in vars(levels).items()}
        self.levels = Levels(**padded)
        self.in_stock = self.available & ~self.levels.outage
        self.price, self.signals = None, []
        if live._plans is None:
            return
        T = len(live.panel.dates)
        new = days - live._window
        known = live._plans.select(rows).between(T - live._window, T + new + horizon)
        if known.prices is not None:
            prices = known.prices.copy()
            for product, planned in told.prices.items():
                if at.start <= product < at.stop:
                    prices[product - at.start, days:] = planned
            self.price = log_prices(prices, live.model.device)
        for name in sorted(known.signals):
            values = known.signals[name].of(slice(None)).copy()
            for product, planned in told.signals.get(name, {}).items():
                if at.start <= product < at.stop:
                    values[product - at.start, days:] = planned
            self.signals.append((torch.from_numpy(values), torch.arange(len(rows))))


def _followed(panel: Panel, days: int) -> tuple[Levels, Tensor, Tensor]:
    """One pass over the history of all products.

    Returns:
        `[N, days]` the levels of the last days, `[8, N]` the state after them, and `[steps, 8, N]` the states before
        the last so many steps.
    """
    T = len(panel.dates)
    levels, after, before = [], [], []
    for start in range(0, len(panel.products), _ROWS):
        rows = slice(start, start + _ROWS)
        units = torch.from_numpy(np.ascontiguousarray(panel.sales[rows]))
        there = torch.from_numpy(panel.status[rows] == Status.ON_SALE)
        state, parts, passed = LevelState.of_no_day(units), [], []
        for first in range(0, T, _STEP):
            passed.append(state.values())
            step = slice(first, first + _STEP)
            parts.append(follow_levels(units[:, step], there[:, step], state))
        levels.append(_last(_joined(parts), days, T))
        after.append(state.values())
        before.append(torch.stack(passed[-_STEPS:]))
    joined = Levels(*(torch.cat(of_all) for of_all in zip(*(vars(part).values() for part in levels), strict=True)))
    return joined, torch.cat(after, dim=1), torch.cat(before, dim=2)


def _joined(parts: list[Levels]) -> Levels:
    """Of days after days."""
    return Levels(*(torch.cat([getattr(part, name) for part in parts], dim=1) for name in _LEVELS))


def _last(levels: Levels, days: int, known: int) -> Levels:
    """The last `days`; before the first known one, what a shelf has there."""
    missing = max(days - known, 0)
    fillings = {"level": FLOOR}
    return Levels(
        **{
            name: pad(values[:, max(known - days, 0) :], (missing, 0), value=fillings.get(name, 0)).contiguous()
            for name, values in vars(levels).items()
        }
    )


def _repeated(values: NDArray[Real], days: int) -> NDArray[Real]:
    """`[N, T + days]` of `[N, T]`: its last week goes on."""
    T, week = values.shape[1], min(values.shape[1], 7)
    return np.concatenate([values, values[:, T - week + np.arange(days) % week]], axis=1)


def _fitted(values: NDArray[Number], days: int) -> NDArray[Number]:
    """The last `days` columns, zeros before the first."""
    fitted = np.zeros((len(values), days), values.dtype)
    known = min(days, values.shape[1])
    fitted[:, days - known :] = values[:, values.shape[1] - known :]
    return fitted


def _spread(totals: Totals, rows: Rows, G: int) -> Totals:
    """Those rows of the totals of all groups; nobody asks for the others."""

    def spread(values: Tensor) -> Tensor:
        whole = values.new_zeros((G, *values.shape[1:]))
        whole[torch.from_numpy(rows)] = values
        return whole

    return replace(
        totals,
        units=spread(totals.units),
        month=spread(totals.month),
        now=spread(totals.now),
        first=spread(totals.first),
    )
