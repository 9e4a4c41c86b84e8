"""The nightly state: each day's sales advance it, and it gives the next days' forecasts without the history.

    elder    |--- begun seq_len to 2 seq_len - 1 days ago --->|  forecasts
    younger             |--- begun less than seq_len days ago -->|

A full pass starts its LSTM with nothing, `seq_len - 1` days before the last; a state goes on from the memory that
yesterday left. So that no forecast hangs on sales of years ago, and no night has to pay for a full pass, two
memories run side by side. The elder forecasts; the younger has started with nothing since. Once the younger has
run over `seq_len` days, it takes the elder's place, and another one starts: the state has anchored itself anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import pad

from ..covariates import CovariateNames, Covariates
from ..crops import LOOKS_BACK, Calendar, Crop, Shelf, Surroundings, group_means, log_prices
from ..errors import HistoryError, ModelFolderError, SalesError
from ..features.calendar import EVENTS_AHEAD
from ..features.demand import LOOKS_BACK as DEMAND_DAYS
from ..features.demand import open_demand, open_demand_by_block
from ..features.level import Levels, LevelState
from ..features.totals import Totals, group_sums, with_catalog
from ..networks.catalog import OUTPUTS, Memory
from ..panel import DAY, Days, Floats, Panel, Status
from .catalog import CatalogModel, by_output, require_horizon
from .day_ring import DayRing

_DAYS = LOOKS_BACK + 1  # that are kept: the last one and those that it looks back at
_WEEK = 7  # days of the level that weekday profiles ask for; the lift of a signal asks for all
_KNOWN = "known."  # before the names of the covariates among the tensors


class NightlyState:
    """What a model needs of the days so far to forecast the next ones: 3.5 KB a product, 1.6 KB more with prices.

        state = NightlyState.anchored(model, panel)
        state.update(yesterday)
        tomorrow = state.forecast(horizon=1)

    Its forecasts equal those of a full pass that starts on the day `anchor` and runs to `last_day`, to 1e-5; the
    anchor is `seq_len` to `2 seq_len - 1` days back, that of the model's own forecasts is `seq_len` days back.
    Prices, signals and events of the days ahead are those that the last update knew; a day that has been passed
    over is not run again when its plan turns out to have been another.

    Tensors that were read from a safetensors file are mapped into memory and stay so; of the days kept, an update
    writes one row. What it writes reaches the file when the tensors are written again.

    Attributes:
        model: whose state it is.
        tomorrow: `[N, Q]` units.
    """

    def __init__(self, model: CatalogModel, tensors: Mapping[str, Tensor]) -> None:
        """From what `to_tensors` gave."""

        def placed(name: str) -> Tensor:
            return tensors[name].to(model.device)

        self.model = model
        self._day, self._elder, *self._begun = tensors["days"].tolist()  # days from 1970 on; `_elder` is 0 or 1
        self._known = _covariates(tensors)  # of the last day and of those ahead
        self._sums: NDArray[np.float64] = tensors["group_sums"].numpy()  # [G, T]
        self._closed: NDArray[np.bool_] = tensors["closed"].numpy()  # [T]
        self._rings = {name: DayRing(placed(name)) for name in tensors if name.startswith("ring.")}
        self._levels, self._outage = placed("levels"), placed("outage")  # [8, N], [N]
        self._inputs = placed("inputs")  # [N, C + Z + calendar, kernel_size - 1]
        self._hidden, self._cell = placed("hidden"), placed("cell")  # [2, N, hidden]
        self.tomorrow = placed("tomorrow")
        self._whole = True

    def to_tensors(self) -> dict[str, Tensor]:
        """Everything that `from_tensors` needs to make the same state again; on a CPU, without copies."""
        known = {} if self._known is None else self._known.to_arrays()
        tensors = {
            "days": torch.tensor([self._day, self._elder, *self._begun]),
            "group_sums": torch.from_numpy(self._sums),
            "closed": torch.from_numpy(self._closed),
            "levels": self._levels,
            "outage": self._outage,
            "inputs": self._inputs,
            "hidden": self._hidden,
            "cell": self._cell,
            "tomorrow": self.tomorrow,
        }
        tensors |= {name: ring.rows for name, ring in self._rings.items()}
        tensors |= {_KNOWN + name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in known.items()}
        return {name: tensor.cpu() for name, tensor in tensors.items()}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor], model: CatalogModel) -> Self:
        """The state that `to_tensors` described, of the same model.

        Raises:
            ModelFolderError: a tensor is missing, unknown, or of another shape or type than the model's.
        """
        known, sums = _covariates(tensors), tensors.get("group_sums")
        days = sums.shape[1] if sums is not None and sums.ndim == 2 else 1
        blank = _blank(model, days, known, torch.device("meta"))
        expected = {name: (t.shape, t.dtype) for name, t in blank.items()}
        found = {name: (t.shape, t.dtype) for name, t in tensors.items() if not name.startswith(_KNOWN)}
        wrong = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
        if (CovariateNames() if known is None else known.names) != model.covariates:
            wrong.append("covariates")
        if wrong:
            raise ModelFolderError(f"The state does not fit the model: {', '.join(wrong[:5])}.", "Anchor it anew.")
        return cls(model, tensors)

    @classmethod
    @torch.inference_mode()
    def anchored(cls, model: CatalogModel, panel: Panel) -> Self:
        """The state after the panel's last day, by a full pass over its last `seq_len` days.

        Args:
            panel: `[N, T]`, the model's products; the more of their days, the better their levels.

        Raises:
            SalesError: other products or covariates than the model's.
        """
        model.require(panel.products, panel.covariate_names)
        T, covariates = len(panel.dates), panel.covariates
        known = None if covariates is None else covariates.between(T - 1, covariates.days)
        tensors = _blank(model, T, known, model.device)
        last = int(panel.dates[-1].astype(np.int64))
        tensors["days"] = torch.tensor([last, 0, last - model.recipe.seq_len + 1, last + 1])
        tensors["group_sums"] = torch.from_numpy(group_sums(open_demand_by_block(panel), model.groups))
        tensors["closed"] = torch.from_numpy(panel.closed)
        if known is not None:
            tensors |= {_KNOWN + name: torch.from_numpy(array) for name, array in known.to_arrays().items()}
        state = cls(model, tensors)
        for name, signal in {} if covariates is None else covariates.signals.items():
            for rows in state._blocks(len(signal.values)):
                values = torch.from_numpy(signal.values[rows, max(0, T - _DAYS) : T])
                padded = pad(values, (_DAYS - values.shape[1], 0))
                state._rings[f"ring.signal.{name}"].fill(last, rows, padded)
        for rows, crop in zip(
            state._blocks(len(model.products)), model.crops(panel, origins=1, horizon=1), strict=True
        ):
            shelf, end = crop.shelf, crop.shelf.first_day + T
            days = {"sales": shelf.sales, "in_stock": shelf.in_stock, "level": shelf.levels.level}
            if shelf.price is not None:
                days["price"] = shelf.price
            for name, values in days.items():
                ring = state._rings[f"ring.{name}"]
                ring.fill(last, rows, values[:, end - len(ring.rows) : end])
            status = torch.from_numpy(panel.status[rows, -DEMAND_DAYS:])
            state._rings["ring.status"].fill(last, rows, pad(status, (DEMAND_DAYS - status.shape[1], 0)))
            state._levels[:, rows] = shelf.level_state.values()
            state._outage[rows] = shelf.levels.outage[:, end - 1]
            state._run(crop, rows, state._target(crop), [0])
        return state

    @property
    def last_day(self) -> np.datetime64:
        return np.datetime64(self._day, "D")

    @property
    def anchor(self) -> np.datetime64:
        """The day from which a full pass gives the same forecasts."""
        return np.datetime64(self._begun[self._elder], "D")

    @torch.inference_mode()
    def update(self, newer: Panel) -> None:
        """Takes in the days after the last, in place.

        Args:
            newer: `[N, days]`, the model's products; its status says which days were closed or sold out. Without
                covariates, those known so far stay in force; the last price goes on.

        Raises:
            SalesError: other products or covariates than the model's; a signal that other products share than
                before; or an earlier update that was interrupted.
            HistoryError: the days do not begin on the day after the last.
        """
        if not self._whole:
            raise SalesError("An update of this state was interrupted.", "Load it again, or anchor it anew.")
        covariates = newer.covariates
        self.model.require(newer.products, self.model.covariates if covariates is None else covariates.names)
        tomorrow = self.last_day + DAY
        if newer.dates[0] != tomorrow:
            raise HistoryError(
                f"The state has seen the days up to {self.last_day}; the newer sales begin on {newer.dates[0]}.",
                f"Give sales from {tomorrow} on.",
            )
        for name, signal in {} if covariates is None else covariates.signals.items():
            assert self._known is not None
            if not np.array_equal(signal.rows, self._known.signals[name].rows):
                raise SalesError(f"Signal {name!r} is not shared by the same products as before.", "Anchor anew.")
        self._whole = False
        for day in range(len(newer.dates)):
            if covariates is not None:
                self._known = covariates.between(day, covariates.days)
            elif self._known is not None:
                self._known = self._known.between(1, max(self._known.days, 2))
            self._advance(newer.sales[:, day : day + 1], newer.status[:, day], newer.closed[day : day + 1])
        self._whole = True

    @torch.inference_mode()
    def forecast(self, horizon: int) -> dict[str, Floats]:
        """The days after the last, as `CatalogModel.ahead` gives them: `[N, horizon]` units for each output.

        Raises:
            HistoryError: a horizon that cannot be had.
        """
        require_horizon(horizon)
        N = len(self.model.products)
        if horizon == 1:
            return by_output([self.tomorrow[:, None]], N)
        around, ahead = self._surroundings(horizon)

        def of(rows: slice) -> Tensor:
            crop = self._crop(rows, around, ahead)
            states = self._hidden[self._elder, rows, None]
            return self._said(crop, states, self._target(crop), horizon)

        return by_output(map(of, self._blocks(N)), N)

    def _blocks(self, rows: int) -> Iterator[slice]:
        for start in range(0, rows, self.model.block):
            yield slice(start, min(start + self.model.block, rows))

    def _advance(self, sales: Floats, status: NDArray[np.uint8], closed: NDArray[np.bool_]) -> None:
        """By a day: `sales [N, 1]`, `status [N]`, `closed [1]`; what is known of it and ahead is in place."""
        demand = sales if closed[0] else self._demand(sales, status)
        self._sums = np.concatenate([self._sums, group_sums([demand], self.model.groups)], axis=1)
        self._closed = np.concatenate([self._closed, closed])
        self._day += 1
        younger = 1 - self._elder
        takes_over = self._day - self._begun[younger] + 1 >= self.model.recipe.seq_len
        runs = [younger] if takes_over else [younger, self._elder]  # the last of them speaks
        around, ahead = self._surroundings(horizon=1)
        if ahead is not None:
            for name, signal in ahead.signals.items():
                values = torch.from_numpy(np.ascontiguousarray(signal.values[:, 0]))
                self._rings[f"ring.signal.{name}"].put(self._day, slice(None), values)
        for rows in self._blocks(len(sales)):
            units = torch.from_numpy(sales[rows, 0]).to(self.model.device)
            known = torch.from_numpy(status[rows]).to(self.model.device)
            there = known == Status.ON_SALE
            levels = LevelState(self._levels[:, rows])
            outage = levels.advance(units, there)
            self._levels[:, rows], self._outage[rows] = levels.values(), outage
            days = {"sales": units, "status": known, "in_stock": there & ~outage, "level": levels.level}
            if ahead is not None and ahead.prices is not None:
                days["price"] = log_prices(ahead.prices[rows, 0], self.model.device)
            for name, values in days.items():
                self._rings[f"ring.{name}"].put(self._day, rows, values)
            crop = self._crop(rows, around, ahead)
            self._run(crop, rows, self._target(crop), runs)
        if takes_over:
            self._begun[self._elder] = self._day + 1
            self._hidden[self._elder].zero_()
            self._cell[self._elder].zero_()
            self._elder = younger

    def _demand(self, sales: Floats, status: NDArray[np.uint8]) -> Floats:
        """`[N, 1]` units of the day after the last, of `sales [N, 1]` and `status [N]`, as `open_demand` has them."""
        units, cut_off = sales.copy(), np.flatnonzero((status == Status.SOLD_OUT) | (status == Status.CLOSED))
        before = np.arange(DEMAND_DAYS + 1) < DEMAND_DAYS  # days that were filled on their night
        for part in self._blocks(len(cut_off)):
            rows = cut_off[part]
            sold, kinds = (
                self._rings[name].until(self._day, torch.from_numpy(rows))[:, -DEMAND_DAYS:].cpu().numpy()
                for name in ("ring.sales", "ring.status")
            )
            days = np.column_stack([sold, sales[rows]]), np.column_stack([kinds, status[rows]])
            units[rows] = open_demand(*days, closed=before)[:, -1:]
        return units

    def _surroundings(self, horizon: int) -> tuple[Surroundings, Covariates | None]:
        """Those of the days kept and of the days ahead, and the covariates of the last day and the days ahead."""
        totals = Totals.of_sums(self._sums, self._closed, LOOKS_BACK, horizon, self.model.device)
        totals = totals.since(self._sums.shape[1] - 1)
        dates = self.last_day + np.arange(-LOOKS_BACK, horizon + 1)
        if self._known is None:
            return Surroundings(totals, self._calendar(dates, {}), None, horizon), None
        ahead = self._known.between(0, 1 + horizon + EVENTS_AHEAD)
        events = {name: np.pad(flags, (LOOKS_BACK, 0)) for name, flags in ahead.events.items()}
        group_price = None
        if ahead.prices is not None:
            means = group_means(ahead.prices[:, 1 : 1 + horizon], self.model.groups, self.model.device)
            group_price = pad(means, (_DAYS, 0))
        return Surroundings(totals, self._calendar(dates, events), group_price, horizon), ahead

    def _calendar(self, dates: Days, events: Mapping[str, NDArray[np.bool_]]) -> Calendar:
        return Calendar.of(dates, events, self.model.fitted, self.model.device, self.model.feasts)

    def _crop(self, rows: slice, around: Surroundings, ahead: Covariates | None) -> Crop:
        """Of the last day, of a block of products."""
        shelf = _LastDays(self, rows, around, ahead)
        products = torch.arange(len(shelf.products), device=self.model.device)
        return shelf.crop(products, torch.zeros_like(products), 1)

    def _target(self, crop: Crop) -> Tensor:
        """`[B, L, Z + calendar]` of the day after each origin."""
        device = self.model.device
        every, next_day = (
            torch.arange(crop.level.shape[1], device=device),
            torch.ones(1, dtype=torch.long, device=device),
        )
        channels, days = crop.ahead(every, next_day)
        return torch.cat([channels[:, :, 0], self.model.network.dates(crop.calendar)[days[:, :, 0]]], dim=2)

    def _run(self, crop: Crop, rows: slice, target: Tensor, memories: list[int]) -> None:
        """Runs each of these memories over the crop, whose last origin is the last day; the last of them speaks."""
        inputs, L = self._inputs[rows].clone(), target.shape[1]
        days = self._day - L + 1 + torch.arange(-inputs.shape[2], 0, device=inputs.device)
        for place in memories:
            seen = inputs * (days >= self._begun[place])  # no origin before it began
            memory = Memory(seen, self._hidden[place, rows], self._cell[place, rows])
            states, after = self.model.network.run_over(crop.channels, target, memory)
            self._inputs[rows], self._hidden[place, rows], self._cell[place, rows] = after
        self.tomorrow[rows] = self._said(crop, states[:, -1:], target, horizon=1)[:, 0]

    def _said(self, crop: Crop, states: Tensor, target: Tensor, horizon: int) -> Tensor:
        """`[B, horizon, Q]` units after the crop's last origin, by the LSTM's `states [B, 1, hidden]` there."""
        network = self.model.network
        identity = network.identity(crop.products, crop.groups)
        near, state = network.tomorrow(states, crop.channels[:, -1:], target[:, -1:], crop.last_sales[:, -1:], identity)
        return self.model.ahead_of_last(crop, near, state, horizon)


class _LastDays(Shelf):
    """A block of products on the days that a state has kept: a shelf with one origin, day 0, the last.

    Args:
        state: the last day's sales, levels and covariates are in place.
        rows: the products.
        around, ahead: of that day.
    """

    def __init__(self, state: NightlyState, rows: slice, around: Surroundings, ahead: Covariates | None) -> None:
        model, device = state.model, state.model.device
        self.context, self.totals, self.first_day = around, around.totals, LOOKS_BACK
        self.products = torch.arange(rows.start, rows.stop, device=device)
        self.groups = torch.from_numpy(with_catalog(model.groups[rows])).to(device)

        def kept(name: str, columns: slice | Tensor = rows) -> Tensor:
            """`[B, days]`; nobody asks for the days before those that are kept."""
            days = state._rings[f"ring.{name}"].until(state._day, columns)
            missing = days.new_full((len(days), _DAYS - days.shape[1]), torch.nan)
            return torch.cat([missing, days], dim=1) if missing.shape[1] else days

        def of_last_day(values: Tensor) -> Tensor:
            """`[B, days]`; nobody asks for other days."""
            return values[:, None].expand(-1, _DAYS)

        self.sales, self.in_stock = kept("sales"), kept("in_stock")
        levels = LevelState(state._levels[:, rows])
        self.levels = Levels(
            level=kept("level"),
            outage=of_last_day(state._outage[rows]),
            own_mean=of_last_day(levels.own_mean),
            days_in_stock=of_last_day(levels.own_days),
        )
        self.price, self.signals = None, []
        if ahead is None:
            return
        planned = slice(1, 1 + around.days_ahead)
        if ahead.prices is not None:
            self.price = torch.cat([kept("price"), log_prices(ahead.prices[rows, planned], device)], dim=1)
        for name, signal in sorted(ahead.signals.items()):
            shared = torch.from_numpy(signal.rows[rows]).to(device)
            values = torch.from_numpy(signal.values[signal.rows[rows], planned]).to(device)
            self.signals.append((torch.cat([kept(f"signal.{name}", shared), values], dim=1), shared))

    def cut(self, values: Tensor, products: Tensor, first: Tensor, days: int) -> Tensor:
        """All products and all days that there are, as they lie: the crop is the shelf."""
        return values[:, :days]


def _covariates(tensors: Mapping[str, Tensor]) -> Covariates | None:
    arrays = {name.removeprefix(_KNOWN): t.numpy() for name, t in tensors.items() if name.startswith(_KNOWN)}
    return Covariates.from_arrays(arrays)


def _blank(model: CatalogModel, days: int, known: Covariates | None, device: torch.device) -> dict[str, Tensor]:
    """Zeros for all that a state holds, but for the covariates that it knows."""
    N, recipe, names = len(model.products), model.recipe, model.covariates

    def zeros(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
        return torch.zeros(shape, dtype=dtype, device=device)

    tensors = {
        "days": zeros(4, dtype=torch.int64),
        "group_sums": zeros(int(model.groups.max(initial=0)) + 1, days, dtype=torch.float64),
        "closed": zeros(days, dtype=torch.bool),
        "levels": zeros(8, N),
        "outage": zeros(N, dtype=torch.bool),
        "inputs": zeros(N, model.network.convolution.in_channels, recipe.kernel_size - 1),
        "hidden": zeros(2, N, recipe.hidden),
        "cell": zeros(2, N, recipe.hidden),
        "tomorrow": zeros(N, len(OUTPUTS)),
        "ring.sales": zeros(_DAYS, N),
        "ring.status": zeros(DEMAND_DAYS, N, dtype=torch.uint8),
        "ring.in_stock": zeros(_DAYS, N, dtype=torch.bool),
        "ring.level": zeros(_DAYS if names.signals else _WEEK, N),
    }
    if names.prices:
        tensors["ring.price"] = zeros(_DAYS, N)
    signals = {} if known is None else known.signals
    return tensors | {f"ring.signal.{name}": zeros(_DAYS, len(signal.values)) for name, signal in signals.items()}
