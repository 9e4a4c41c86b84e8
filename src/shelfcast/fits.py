"""The two fits of a forecaster: on the days before the test days, which is scored, and on all days, which forecasts."""

from __future__ import annotations

import torch

from .ahead import closures
from .checkpoint import Checkpoint
from .errors import HistoryError
from .evaluation.backtest import Backtest
from .forecast import forecast_ahead
from .models import Model, fit_model
from .panel import DAY, Panel
from .recipe import Recipe
from .training import TrainingRun
from .windows import split_days


def fit_and_score(
    panel: Panel, recipe: Recipe, device: torch.device, test_days: int | None, checkpoint: Checkpoint | None = None
) -> tuple[Backtest, Backtest | None, Model, TrainingRun]:
    """Fits on the days before the test days: what it says of these, next day and ahead, itself, and its run.

    Args:
        test_days: the last days of the panel; None for a fifth of them.

    Raises:
        HistoryError: no test day, or too few days before them.
    """
    split = split_days(len(panel.dates), recipe, test_days)
    if not split.test:
        raise HistoryError("Without test days there is nothing to score.", "Choose 1 test day or more.")
    if not recipe.learns_by_epochs:
        # Nothing is chosen on its validation days, so it learns from them too. Its intervals are calibrated on
        # days that it has seen: measured, they hold what they promise better than with another fit's factors.
        split = split.without_validation()
    model, run = fit_model(panel, recipe, split, device, checkpoint=checkpoint)
    D = len(split.test)
    known = panel.until(panel.dates[-2])  # the last test day is the tomorrow of the day before it
    closed = closures(panel, ahead=0, back=D)
    said = {name: units * ~closed for name, units in model.next_days(known, D).items()}
    result, ahead = Backtest.of(panel, recipe.name, said["mean"], said), None
    days = min(recipe.horizon, D)
    if days > 1:
        last = panel.dates[split.test.start + days - 1]
        origin = panel.until(last - days * DAY)
        said = forecast_ahead(model, origin, days)
        ahead = Backtest.of(panel.until(last), recipe.name, said["mean"], said, one_origin=True)
    return result, ahead, model, run


def fit_all_days(
    panel: Panel,
    recipe: Recipe,
    device: torch.device,
    epochs: int | None,
    start: Model | None = None,
    checkpoint: Checkpoint | None = None,
) -> tuple[Model, TrainingRun]:
    """Fits on all days, validation days too, for as many epochs as were chosen."""
    recipe = recipe.with_epochs(epochs)
    everything = split_days(len(panel.dates), recipe, test_days=0).without_validation()
    return fit_model(panel, recipe, everything, device, start, checkpoint)
