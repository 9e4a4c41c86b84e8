"""The list of all products: searched, filtered, sorted and cut into pages here, not in the browser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...report.formats import NOTHING, column, number, percent, plural, units
from ..served import ServedModel

PAGE_SIZE = 50
_MOST_VALUES = 200  # an attribute with more values makes no useful filter
_FILTER = "at."  # before the names of attributes among the parameters


@dataclass(frozen=True)
class ListQuery:
    """What is asked of the list.

    Attributes:
        search: part of a product's name. filters: an attribute to the value that it must have.
        sort: a column; "" as the list is. order: `asc` or `desc`. page: from 1 on.
    """

    search: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    sort: str = ""
    order: str = "desc"
    page: int = 1

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> ListQuery:
        """What cannot be understood is left out: a list is shown whatever stands in an address."""
        page = parameters.get("page", "1")
        return cls(
            search=parameters.get("search", "")[:200].strip(),
            filters={
                name.removeprefix(_FILTER): value
                for name, value in parameters.items()
                if name.startswith(_FILTER) and value
            },
            sort=parameters.get("sort", ""),
            order="asc" if parameters.get("order") == "asc" else "desc",
            page=int(page) if page.isascii() and page.isdigit() and len(page) < 8 else 1,
        )

    @property
    def is_filtered(self) -> bool:
        return bool(self.search or self.filters)

    def link(self, path: str = "/", **changed: Any) -> str:
        """The address of the same list, changed in parts."""
        other = replace(self, **changed)
        parameters = {"search": other.search} | {_FILTER + name: value for name, value in other.filters.items()}
        if other.sort:
            parameters |= {"sort": other.sort, "order": other.order}
        if other.page > 1:
            parameters["page"] = str(other.page)
        text = urlencode({name: value for name, value in parameters.items() if value}, errors="replace")
        return path + (f"?{text}" if text else "")


@dataclass(frozen=True)
class ListColumn:
    """A column: its key among the numbers, its words, how it is shown."""

    key: str
    label: str
    is_number: bool = True
    style: str = ""


class ProductList:
    """All products of a model, and what the list shows of each.

    Attributes:
        table: a row a product in the model's order, the columns of what is taken away.
        columns: of the list on the page.
    """

    def __init__(self, served: ServedModel, orders: pd.DataFrame | None) -> None:
        panel, ahead = served.panel, served.ahead["mean"]
        week = min(7, ahead.shape[1])
        table = pd.DataFrame({"unique_id": panel.products} | dict(panel.attributes))
        table["tomorrow"] = ahead[:, 0]
        if served.has_intervals:
            table["tomorrow lo-80"], table["tomorrow hi-80"] = served.ahead["lo-80"][:, 0], served.ahead["hi-80"][:, 0]
        table["same day last week"] = panel.sales[:, -min(7, panel.sales.shape[1])]
        if week == 7:
            table["next 7 days"] = ahead[:, :7].sum(axis=1)
        table["last 7 days"] = panel.sales[:, -7:].sum(axis=1)
        scores = served.scores_by_product
        if scores is not None:
            table["mae"] = scores["mae"].reindex(table["unique_id"]).to_numpy()
        numbers = [name for name in table.columns if name != "unique_id" and name not in panel.attributes]
        table[numbers] = table[numbers].astype(np.float64).round(3)
        self.has_orders = orders is not None
        if orders is not None:
            own = orders.set_index("unique_id")
            shown = ["order", "worth", "days_of_cover", "sell_out_probability", "reason"]
            table = table.join(own[shown], on="unique_id")
        self.table = table
        self.columns = self._columns()
        self.filters = {
            name: values
            for name in panel.attributes
            if 1 < len(values := np.unique(panel.attributes[name]).tolist()) <= _MOST_VALUES
        }
        self._attributes = panel.attributes
        self._names_with = served.names_with
        self._orders: dict[tuple[str, str], NDArray[np.int64]] = {}

    def _columns(self) -> list[ListColumn]:
        columns = [ListColumn("unique_id", "Product", False)]
        if self.has_orders:
            columns += [
                ListColumn("order", "Order", style="order"),
                ListColumn("worth", "Worth"),
                ListColumn("days_of_cover", "Stock lasts, days"),
                ListColumn("sell_out_probability", "Sold out first"),
            ]
        columns += [
            ListColumn("tomorrow", "Tomorrow", style="" if self.has_orders else "order"),
            *([ListColumn("band", "8 of 10 times")] if "tomorrow lo-80" in self.table and not self.has_orders else []),
            *([] if self.has_orders else [ListColumn("same day last week", "Same day last week")]),
        ]
        if "next 7 days" in self.table:
            columns.append(ListColumn("next 7 days", "Next 7 days"))
        columns.append(ListColumn("last 7 days", "Last 7 days"))
        if "mae" in self.table and not self.has_orders:
            columns.append(ListColumn("mae", "Usual error a day"))
        return columns

    def rows(self, query: ListQuery) -> NDArray[np.int64]:
        """The rows that fit, in order."""
        fits = np.ones(len(self.table), np.bool_)
        if query.search:
            fits &= self._names_with(query.search)
        for name, value in query.filters.items():
            if name in self.filters:
                fits &= self._attributes[name] == value
        order = self._sorted(query.sort, query.order)
        return order[fits[order]]

    def _sorted(self, key: str, order: str) -> NDArray[np.int64]:
        if key not in self.table.columns or key in self._attributes or key == "reason":
            key = "worth" if self.has_orders else "tomorrow"
            order = "desc"
        if (key, order) not in self._orders:
            if key == "unique_id":
                rows = np.arange(len(self.table))
                self._orders[key, order] = rows if order == "asc" else rows[::-1]
            else:
                values = self.table[key].to_numpy(np.float64)
                values = np.where(np.isnan(values), np.inf, values if order == "asc" else -values)
                self._orders[key, order] = np.argsort(values, kind="stable")
        return self._orders[key, order]

    def page(self, query: ListQuery) -> dict[str, Any]:
        """What the template shows."""
        rows = self.rows(query)
        pages = max(-(-len(rows) // PAGE_SIZE), 1)
        page = min(query.page, pages)
        shown = rows[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
        cells = [self._cells(column.key, shown) for column in self.columns]
        names = self.table["unique_id"].iloc[shown]
        sums = f"{number(self.table['tomorrow'].to_numpy()[rows].sum(), 0)} units tomorrow"
        reasons = [""] * len(shown)
        if self.has_orders:
            orders = self.table["order"].to_numpy()[rows]
            sums += f", {number(np.nansum(orders), 0)} units to order of {plural(int((orders > 0).sum()), 'product')}"
            reasons = self._cells("reason", shown)
        return {
            "has_orders": self.has_orders,
            "count": len(rows),
            "units": sums,
            "columns": [self._heading(column, query) for column in self.columns],
            "rows": [
                {"link": product_link(name), "cells": row, "reason": reason}
                for name, row, reason in zip(names, zip(*cells, strict=True), reasons, strict=True)
            ],
            "page": page,
            "pages": pages,
            "previous": query.link(page=page - 1) if page > 1 else None,
            "next": query.link(page=page + 1) if page < pages else None,
            "csv": query.link("/list.csv", page=1),
            "xlsx": query.link("/list.xlsx", page=1),
        }

    def _cells(self, key: str, shown: NDArray[np.int64]) -> list[str]:
        if key == "band":
            low, high = (self.table[f"tomorrow {end}-80"].to_numpy()[shown] for end in ("lo", "hi"))
            return [f"{number(a, 0)} – {number(b, 0)}" for a, b in zip(low, high, strict=True)]
        values = self.table[key].iloc[shown]
        if key == "sell_out_probability":
            return [percent(value, 0) for value in values]
        if key == "order":
            return [f"{value:,g}" if value == value else NOTHING for value in values]
        if key in ("unique_id", "reason"):
            return ["" if value != value else str(value) for value in values]
        if key in ("same day last week", "last 7 days") and (values == values.round()).all():
            return [number(value, 0) for value in values]
        return column(values.tolist()) if key == "worth" else units(values.tolist())

    def _heading(self, column: ListColumn, query: ListQuery) -> dict[str, Any]:
        is_sorted = query.sort == column.key
        first = "asc" if column.key == "unique_id" else "desc"
        order = {"asc": "desc", "desc": "asc"}[query.order] if is_sorted else first
        can_sort = column.key in self.table.columns
        return {
            "label": column.label,
            "is_number": column.is_number,
            "style": column.style,
            "sorted": ("ascending" if query.order == "asc" else "descending") if is_sorted else "",
            "link": query.link(sort=column.key, order=order, page=1) if can_sort else "",
        }


def product_link(name: str, **more: str) -> str:
    return "/product?" + urlencode({"id": name} | more, errors="replace")
