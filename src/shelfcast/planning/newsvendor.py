"""How much to order now: the newsvendor's quantity, in whole packs, and what it is worth.

An order of today comes after the lead time, and the next one a review period later. Until then the stock has to last:

    today     |---- lead time ----|---- review period ----|
    order o - - - - - - - - - - ->|                       |<- - the next order's delivery
    sold from     position        |  what is left + order |

What is not there is not sold later: customers lost within the lead time need no stock after it. So what is asked of
the order is `need = demand until the next order's delivery - max(position, demand until its own)`, and the best
quantity is the need's quantile at the critical ratio

    (price - unit_cost) / (price - salvage)         underage over underage and overage

Sources: Arrow, Harris and Marschak (1951), "Optimal inventory policy", Econometrica 19(3); Silver, Pyke and Thomas
(2017), "Inventory and Production Management in Supply Chains", 4th edition, chapters 6, 7 (periodic review: the stock
has to cover the lead time and the review period) and 9 (the newsvendor).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from ..evaluation.metrics import Doubles, Flags
from .stock import Stock


@dataclass(frozen=True, eq=False)
class Terms:
    """What a unit too few and a unit too many cost; all arrays `[M]`.

    Attributes:
        ratio: critical, above 0 and below 1: the share of cases to be covered.
        margin: money gained by a unit more that is sold; in units, where no costs are given.
        loss: money lost by a unit more that is left.
        by_costs: the ratio follows from the costs; if not, it is the service level.
    """

    ratio: Doubles
    margin: Doubles
    loss: Doubles
    by_costs: Flags

    @classmethod
    def of(cls, stock: Stock) -> Self:
        """A service level, where it is given, decides; what a unit left costs then follows from it.

        Where no costs are given, a unit sold counts as 1 and one left as what makes the service level the best.
        """
        by_costs = np.isnan(stock.service_level)
        margin = np.where(np.isnan(stock.price), 1.0, stock.price - stock.unit_cost)
        overage = stock.unit_cost - stock.salvage
        ratio = np.where(by_costs, margin / (margin + np.where(by_costs, overage, 0.0)), stock.service_level)
        return cls(ratio, margin, margin * (1 - ratio) / ratio, by_costs)


@dataclass(frozen=True, eq=False)
class Orders:
    """What to order; all arrays `[M]`.

    Attributes:
        order: units, whole packs.
        wanted: units, before packs and the least order.
        worth: what is expected to be gained by ordering that instead of nothing, a sum over its units: the margin of
            each that is sold before the next order's delivery, less the loss on each that is left.
    """

    order: Doubles
    wanted: Doubles
    worth: Doubles


def need_of(lead: Doubles, total: Doubles, position: Doubles) -> Doubles:
    """`[M, Q]` equally likely units, rising, that an order of today could sell; below 0 where stock is left.

    Args:
        lead, total: `[M, Q]` equally likely sums of demand, rising, until the order's delivery and until the next
            one's. A high demand early is taken to go with a high one in all.
        position: `[M]` units in stock or on the way.
    """
    need: Doubles = np.sort(total - np.maximum(lead, position[:, None]), axis=1)
    return need


def decide(need: Doubles, stock: Stock, terms: Terms) -> Orders:
    """The orders. By a service level, as many packs as reach it; by costs, the number of packs that is worth most.

    An order below the least one is raised to it, but by costs only where that is worth more than no order.
    """
    Q = need.shape[1]
    at = np.clip(np.ceil(terms.ratio * Q - 1e-9).astype(np.int64) - 1, 0, Q - 1)
    wanted = np.maximum(need[np.arange(len(need)), at], 0)
    more = np.ceil(wanted / stock.pack_size - 1e-9)
    fewer = np.maximum(more - 1, 0)
    by_costs, worth = terms.by_costs, _worth(need, more * stock.pack_size, terms)
    less = by_costs & (_worth(need, fewer * stock.pack_size, terms) > worth)
    order = np.where(less, fewer, more) * stock.pack_size
    least = least_order(stock)
    raised = np.where(wanted > 0, np.maximum(order, least), 0)
    order = np.where(order < least, raised, order)
    worth = _worth(need, order, terms)
    dropped = by_costs & (worth <= 0)
    return Orders(np.where(dropped, 0.0, order), wanted, np.where(dropped, 0.0, worth))


def least_order(stock: Stock) -> Doubles:
    """`[M]` units, whole packs."""
    least: Doubles = np.ceil(stock.min_order / stock.pack_size - 1e-9) * stock.pack_size
    return least


def _worth(need: Doubles, order: Doubles, terms: Terms) -> Doubles:
    sold = np.clip(need, 0, order[:, None]).mean(axis=1)
    worth: Doubles = terms.margin * sold - terms.loss * (order - sold)
    return worth
