"""Losses: squared error of known targets; of a forecast in levels, Tweedie for the mean, pinball for the quantiles."""

from __future__ import annotations

import torch
from torch import Tensor

_MEDIAN_WEIGHT = 2.0  # twice the pinball loss of the median is the absolute error


def squared_error(forecast: Tensor, y: Tensor) -> Tensor:
    """The mean squared error over the targets that are known; 0 where none is.

    Args:
        forecast, y: of one shape; an unknown target is NaN.
    """
    known = ~y.isnan()
    error = torch.where(known, forecast - y.nan_to_num(0), 0)
    return error.square().sum() / known.sum().clamp_min(1)


def tweedie_loss(mean: Tensor, y: Tensor, power: float) -> Tensor:
    """The negative log-likelihood of a Tweedie distribution up to terms without the mean, elementwise.

    Jørgensen, "The Theory of Dispersion Models" (1997): counts with many zeros lie between Poisson (power 1)
    and gamma (2). Least, in expectation, at the true mean.

    Args:
        mean: above 0. y: 0 or more. power: between 1 and 2.
    """
    return mean.pow(2 - power) / (2 - power) - y * mean.pow(1 - power) / (1 - power)


def pinball_loss(quantiles: Tensor, y: Tensor, levels: Tensor) -> Tensor:
    """Koenker and Bassett, "Regression quantiles" (1978): least, in expectation, at the true quantiles.

    Args:
        quantiles: `[..., Q]`. y: `[...]`. levels: `[Q]`, each between 0 and 1.

    Returns:
        `[..., Q]`.
    """
    error = y[..., None] - quantiles
    return torch.maximum(levels * error, (levels - 1) * error)


def demand_loss(
    outputs: Tensor, y: Tensor, weight: Tensor, levels: Tensor, power: float, interval_weight: float
) -> Tensor:
    """Weighted mean of the mean's Tweedie loss, the median's absolute error and the other quantiles' pinball loss.

    Args:
        outputs: `[..., 1 + Q]`, the mean and the quantiles; the median is the middle one.
        y, weight: `[...]`. levels: `[Q]`.
    """
    pinball = pinball_loss(outputs[..., 1:], y, levels)
    median = pinball[..., len(levels) // 2]
    spread = pinball.sum(dim=-1) - median
    loss = tweedie_loss(outputs[..., 0], y, power) + _MEDIAN_WEIGHT * median + interval_weight * spread
    return (loss * weight).sum() / weight.sum().clamp_min(1e-6)
