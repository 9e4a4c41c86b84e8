"""What is known of days ahead, as columns for trees: prices, signals, events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from shelfcast.covariates import Floats
from shelfcast.crops import group_means
from shelfcast.features.prices import LOOKS_BACK, PRICE_NAMES, price_channels
from shelfcast.features.totals import with_catalog
from shelfcast.models.catalog import group_rows
from shelfcast.panel import Panel

EVENT_NAMES = ["event", "event_tomorrow", "event_yesterday", "days_to_event"]
EVENT_KINDS = EVENT_NAMES[:3]  # of these, the ones that are categories

_OWN_PAST = [name for name in PRICE_NAMES if name not in ("jump", "listed")]  # a tree sees these in the others
_FAR_OFF = 30  # days, beyond which an event is not looked for
_CHEAPEST = 1e-3  # a price that is given as 0 counts as this
_BLOCK = 1024  # products at a time


def covariate_columns(panel: Panel, first: int, end: int) -> dict[str, NDArray[Any]]:
    """Each `[N, end - first]`, float32 or, of events, int16; none where the panel has no covariates.

    The price (0 where not listed), that price beside the product's own past and, as difference of logarithms, beside
    the mean of the catalog and of each of its groups; each signal; the columns of `event_columns`.

    Args:
        first, end: the days, `first` to `end - 1`; day 0 is the panel's first, and those after its last may be asked.
    """
    known = panel.covariates
    if known is None:
        return {}
    shape = len(panel.products), end - first
    columns: dict[str, NDArray[Any]] = {}
    if known.prices is not None:
        prices = known.between(first - LOOKS_BACK + 1, end).prices
        assert prices is not None
        columns |= _price_columns(prices, panel, shape[1])
    of_days = known.between(first - 1, end + _FAR_OFF)
    for name, signal in sorted(of_days.signals.items()):
        columns[f"signal_{name}"] = signal.of(slice(None))[:, 1 : 1 + shape[1]]
    if of_days.events:
        for name, values in event_columns(of_days.events, of_days.days).items():
            columns[name] = np.broadcast_to(values[1 : 1 + shape[1]], shape)
    return columns


def event_columns(events: Mapping[str, NDArray[np.bool_]], days: int) -> dict[str, NDArray[np.int16]]:
    """Each `[days]`: the number of the day's event (the first by name, 0 none), of the next day's and of the day
    before's, and the days to the next event, at most 30.

    Args:
        events: a name to `[days]` flags.
    """
    codes = np.zeros(days + 2, np.int16)
    for code, name in reversed(list(enumerate(sorted(events), start=1))):
        codes[1:-1][events[name]] = code
    distance = np.empty(days, np.int16)
    to_next = _FAR_OFF
    for day in reversed(range(days)):
        to_next = 0 if codes[1 + day] else min(to_next + 1, _FAR_OFF)
        distance[day] = to_next
    return dict(zip(EVENT_NAMES, (codes[1:-1], codes[2:], codes[:-2], distance), strict=True))


def _price_columns(prices: Floats, panel: Panel, days: int) -> dict[str, NDArray[Any]]:
    """Of the last `days` of the days of the prices."""
    groups = group_rows(panel)
    members, means = with_catalog(groups), group_means(prices[:, -days:], groups, torch.device("cpu")).numpy()
    columns = {f"price_{name}": np.empty((len(prices), days), np.float32) for name in _OWN_PAST}
    columns["price"] = np.nan_to_num(prices[:, -days:])
    for start in range(0, len(prices), _BLOCK):
        rows = slice(start, start + _BLOCK)
        channels = price_channels(torch.from_numpy(prices[rows]).clamp_min(_CHEAPEST).log(), days).numpy()
        for name in _OWN_PAST:
            columns[f"price_{name}"][rows] = channels[:, :, PRICE_NAMES.index(name)]
    logs = np.log(np.maximum(prices[:, -days:], _CHEAPEST))
    for name, column in zip(["catalog", *sorted(panel.attributes)], members.T, strict=True):
        columns[f"price_to_{name}"] = np.nan_to_num(logs - means[column])
    return columns
