"""The rivals' rules: a simple forecast plus safety stock, and a fixed reorder point."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from benchmarks.orders.shop import LOOKED_BACK, Record, Rule, Shop, Whole
from shelfcast.evaluation.metrics import Doubles


def packed(units: Doubles, shop: Shop) -> Doubles:
    order: Doubles = np.ceil(np.maximum(units, 0) / shop.pack - 1e-9) * shop.pack
    return order


def safety(shop: Shop, missed: Doubles, loss: Doubles) -> Doubles:
    """`[N]` units, by the standard deviation of what was missed, `[N, days]`."""
    ratio = shop.margin / (shop.margin + loss)
    units: Doubles = norm.ppf(ratio) * missed.std(axis=1)
    return units


def sums_of(values: Doubles, span: Whole) -> Doubles:
    """`[N, T]`: of the `span` days up to each day, of each row its own; NaN before there are so many."""
    total = np.cumsum(values, axis=1)
    out = np.full(values.shape, np.nan)
    for days in np.unique(span):
        rows = np.flatnonzero(span == days)
        before = np.pad(total[rows], ((0, 0), (int(days), 0)))[:, : values.shape[1]]
        out[rows] = total[rows] - before
        out[rows, : int(days) - 1] = np.nan
    return out


def seasonal_naive(shop: Shop) -> Rule:
    def rule(day: int, record: Record, position: Doubles, loss: Doubles) -> Doubles:
        recent = record.sales[:, -(LOOKED_BACK + 30) :]
        week = recent[:, -7:]
        ahead = np.arange(int(shop.span.max()))
        cumulated = np.cumsum(week[:, ahead % 7], axis=1)
        forecast = cumulated[np.arange(len(week)), shop.span - 1]
        # of each day: the next days' sum, against that of the weekdays known then; spans above 7 repeat the week
        missed = np.zeros((len(week), LOOKED_BACK - int(shop.span.max())))
        for place in range(missed.shape[1]):
            end = recent.shape[1] - int(shop.span.max()) - place
            known = np.cumsum(recent[:, end - 7 : end][:, ahead % 7], axis=1)
            sold = np.cumsum(recent[:, end : end + len(ahead)], axis=1)
            missed[:, place] = (sold - known)[np.arange(len(week)), shop.span - 1]
        return packed(forecast + safety(shop, missed, loss) - position, shop)

    return rule


def mean_of_28(shop: Shop) -> Rule:
    def rule(day: int, record: Record, position: Doubles, loss: Doubles) -> Doubles:
        recent, there = record.sales[:, -(LOOKED_BACK + 28) :], ~record.empty[:, -(LOOKED_BACK + 28) :]
        window = np.full(len(recent), 28)
        mean = sums_of(np.where(there, recent, 0), window) / np.maximum(sums_of(there.astype(np.float64), window), 1)
        sold = sums_of(recent, shop.span)
        missed = np.zeros((len(recent), LOOKED_BACK - int(shop.span.max())))
        for place in range(missed.shape[1]):
            end = recent.shape[1] - 1 - place
            missed[:, place] = sold[:, end] - shop.span * mean[np.arange(len(recent)), end - shop.span]
        return packed(shop.span * mean[:, -1] + safety(shop, missed, loss) - position, shop)

    return rule


def reorder_point(shop: Shop, record: Record) -> Rule:
    known = record.sales[:, -LOOKED_BACK:]
    mean = known.mean(axis=1)
    missed = sums_of(known, shop.span)[:, int(shop.span.max()) - 1 :]
    lot = np.maximum(packed(mean * shop.review, shop), shop.pack)

    def rule(day: int, record: Record, position: Doubles, loss: Doubles) -> Doubles:
        point = mean * shop.span + safety(shop, missed, loss)
        lots = np.floor((point - position) / lot) + 1
        units: Doubles = np.maximum(lots, 0) * lot
        return units

    return rule
