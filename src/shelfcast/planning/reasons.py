"""The reason for an order, one plain sentence."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from .newsvendor import Orders, Terms, least_order
from .stock import Stock


def reasons(table: pd.DataFrame, stock: Stock, orders: Orders, terms: Terms) -> list[str]:
    """`[M]` sentences.

    Args:
        table: the order list so far, in the order of `stock`.
    """
    return list(_sentences(table, stock, orders, terms))


def _sentences(table: pd.DataFrame, stock: Stock, orders: Orders, terms: Terms) -> Iterator[str]:
    covered = 100 * (1 - table["sell_out_if_ordered"].to_numpy())
    least, position, span = least_order(stock), stock.position.tolist(), stock.days.tolist()
    for m, demand in enumerate(table["demand"].tolist()):
        order, wanted, pack = orders.order[m], orders.wanted[m], stock.pack_size[m]
        days = f"{span[m]} days, until the next order's delivery"
        asked = f"about {_units(demand)} will be asked for in {days}"
        there = f"{_units(position[m])} in stock or on the way"
        aim = f"the aim being {_percent(100 * terms.ratio[m])}"
        if terms.by_costs[m]:
            aim += f", as a unit short costs {terms.margin[m]:,.2f} and a unit left {terms.loss[m]:,.2f}"
        covers = f"cover {_percent(covered[m])} of cases, {aim}."
        if order > 0:
            packs = "" if pack == 1 else f" ({_units(order / pack)} x {_units(pack)})"
            raised = " as the least order" if wanted < order == least[m] else ""
            yield f"Order {_units(order)}{packs}{raised}: {asked}; {there} and this order {covers}"
        elif wanted > 0:
            size = _units(max(pack, least[m]))
            yield f"No order: {_units(wanted)} more are wanted, and the least of {size} would not pay; {there} {covers}"
        else:
            yield f"No order: {asked}, and {there} {covers}"


def _units(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 or number == round(number) else f"{number:.1f}"


def _percent(number: float) -> str:
    if 1 <= number <= 99:
        return f"{number:.0f} %"
    return "less than 1 %" if number < 1 else "more than 99 %"
