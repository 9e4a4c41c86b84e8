"""From a panel to scaled sequences: rows a day, windows of `seq_len` rows, the split, the DataLoader.

With lags 1, 2, 3 and `seq_len` 3, the forecast for day `d` sees this and nothing newer:

    day          d-5   d-4   d-3   d-2   d-1    d
    sales         y     y     y     y     y     ?  <- the target, all N products
                  |     |     |     |     |
    row d-2      lag3  lag2  lag1   :     :        + calendar of d-2
    row d-1            lag3  lag2  lag1   :        + calendar of d-1
    row d                    lag3  lag2  lag1      + calendar of d

    window = rows d-2, d-1, d : (seq_len, features), features = N * len(lags) + 3
    target = y[d]             : (N,)

The days are split in order, never shuffled:

    |------------- training part --------------|------ test ------|
    |------- fitted on -------|-- validation --|
                               chooses the epoch  scored once, at the end

A target day belongs to one part; its window reaches back into the days before, which are known by then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor
from torch.utils.data import Dataset

from .errors import HistoryError
from .features.calendar import CALENDAR_NAMES, calendar_features
from .features.demand import demand
from .features.lags import lag_features
from .panel import DAY, Floats, Panel
from .recipe import ClassicRecipe, Recipe

if TYPE_CHECKING:  # scikit-learn is imported where it is used: that takes seconds, which a forecast would wait for
    from sklearn.preprocessing import MinMaxScaler


@dataclass(frozen=True)
class Split:
    """Target days by their index in the panel: `fitted`, then `validation`, then `test`, in this order."""

    fitted: range
    validation: range
    test: range

    def without_validation(self) -> Split:
        """The same with the validation days fitted on too."""
        return Split(range(self.fitted.start, self.validation.stop), range(0), self.test)


def split_days(days: int, recipe: Recipe, test_days: int | None = None) -> Split:
    """Cuts the days of a panel into parts, in order (drawn above).

    Args:
        days: `T`; the first `recipe.context_days` have no full window and are no targets.
        test_days: the last days, held out; by default a fifth of all days, and 0 for none.

    Raises:
        HistoryError: a part would be empty.
    """
    from sklearn.model_selection import train_test_split

    training, test = list(range(days)), []
    if test_days != 0:
        if days < 2:
            raise HistoryError("One day of sales is too few: there is nothing to hold out.", "Give more days.")
        share: float | int = 0.2 if test_days is None else test_days
        if not (isinstance(share, float) or 0 < share < days):
            raise HistoryError(f"{test_days} test days cannot be cut from {days} days.", "Choose fewer.")
        training, test = train_test_split(training, test_size=share, shuffle=False)
    targets = training[recipe.context_days :]
    if len(targets) < 2:
        raise HistoryError(
            f"{len(training)} {'day' if len(training) == 1 else 'days'} of training are too few: this recipe needs"
            f" {recipe.context_days} before its first target, and two targets are the least.",
            "Give more days, or choose fewer test days"
            + (", shorter lags or a shorter seq_len." if recipe.learns_by_epochs else "."),
        )
    chosen_on = max(1, min(recipe.validation_days, len(targets) // 10))
    fitted, validation = train_test_split(targets, test_size=chosen_on, shuffle=False)
    return Split(*(range(part[0], part[-1] + 1) if part else range(0) for part in (fitted, validation, test)))


def make_rows(panel: Panel, recipe: ClassicRecipe) -> Floats:
    """The tabular features: a row a day from day `max(lags)` to tomorrow, `[T + 1 - max(lags), F]`, in units.

    `F = N * len(lags) + 3`: each product's lags of demand, then the calendar.
    """
    oldest = max(recipe.lags)
    lags = lag_features(demand(panel), recipe.lags)  # [N, len(lags), rows]
    dates = np.append(panel.dates, panel.last_day + DAY)[oldest:]
    rows = np.empty((lags.shape[2], lags.shape[0] * lags.shape[1] + len(CALENDAR_NAMES)), dtype=np.float32)
    rows[:, : -len(CALENDAR_NAMES)] = lags.reshape(-1, lags.shape[2]).T
    rows[:, -len(CALENDAR_NAMES) :] = calendar_features(dates)
    return rows


def make_targets(panel: Panel) -> Floats:
    """`[T, N]` units, NaN on days that carry no loss: not on sale, sold out, closed, unknown."""
    return np.where(panel.observed, panel.sales, np.float32(np.nan)).T


class Scaling:
    """The two `MinMaxScaler`s of a classic model: of the feature columns `[F]` and of the targets `[N]`.

    Both are fitted on the days that the weights are fitted on, and on no other. Later values may lie
    outside of 0 to 1; a column that never moved in those days keeps its unit.
    """

    def __init__(self, features: MinMaxScaler, targets: MinMaxScaler) -> None:
        self.features = features
        self.targets = targets

    @classmethod
    def fit(cls, rows: Floats, targets: Floats) -> Scaling:
        """From the rows `[days, F]` and the targets `[days, N]` of the fitted days, NaN where there is none."""
        from sklearn.preprocessing import MinMaxScaler

        targets = np.where(np.isnan(targets).all(axis=0), np.float32(0), targets)
        return cls(MinMaxScaler(copy=False).fit(rows), MinMaxScaler().fit(targets))

    def to_arrays(self) -> dict[str, Floats]:
        """The numbers from which `from_arrays` makes the same scaling again, bit for bit."""
        return {
            f"{name}_{bound}": np.asarray(getattr(scaler, f"data_{bound}_"), dtype=np.float32)
            for name, scaler in (("features", self.features), ("targets", self.targets))
            for bound in ("min", "max")
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Floats]) -> Scaling:
        from sklearn.preprocessing import MinMaxScaler

        return cls(
            *(
                MinMaxScaler(copy=False).fit(np.stack([arrays[f"{name}_min"], arrays[f"{name}_max"]]))
                for name in ("features", "targets")
            )
        )


class Windows(Dataset[tuple[Tensor, Tensor]]):
    """Windows of consecutive rows and their targets; each is a view, made when it is asked for.

    Args:
        rows: `[rows, F]` scaled features; row `r` is day `first_day + r`.
        targets: `[T, N]` scaled units, NaN where there is none.
        days: the target days of the windows.
        first_day: the day of row 0.
        seq_len: rows of a window, `L`.
    """

    def __init__(self, rows: Tensor, targets: Tensor, days: range, first_day: int, seq_len: int) -> None:
        self.rows, self.targets = rows, targets
        self.days, self.first_day, self.seq_len = days, first_day, seq_len

    def __len__(self) -> int:
        return len(self.days)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        """`[L, F]` and `[N]`."""
        day = self.days[index]
        end = day - self.first_day + 1
        return self.rows[end - self.seq_len : end], self.targets[day]
