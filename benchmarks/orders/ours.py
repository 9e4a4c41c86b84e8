"""The list's rule: a catalog model that is trained once, and each evening what `shelfcast.planning` orders by it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from benchmarks.orders.shop import HISTORY, Record, Shop
from shelfcast.evaluation.cumulated import CumulatedErrors, class_rows
from shelfcast.evaluation.metrics import Doubles
from shelfcast.models.catalog import CatalogModel
from shelfcast.models.state import NightlyState
from shelfcast.panel import Panel, Status
from shelfcast.planning.newsvendor import Terms, decide, need_of
from shelfcast.planning.order_list import demand_until
from shelfcast.planning.stock import Stock
from shelfcast.recipe import CatalogRecipe
from shelfcast.windows import split_days

PLANNED = 14  # days ahead of which promotions and prices are known


class Trained:
    """A catalog model of the history but its last days, and its errors of cumulated forecasts on these.

    Args:
        plans: it is told prices, promotions and holidays.
    """

    def __init__(self, shop: Shop, seed: int, test_days: int, plans: bool) -> None:
        self.shop, self.plans = shop, plans
        history, recipe = self.days(0, HISTORY), CatalogRecipe(seed=seed)
        split = split_days(HISTORY, recipe, test_days).without_validation()  # as a forecaster does
        self.model, _ = CatalogModel.fit(history, recipe, split, torch.device("cpu"))
        self.errors = CumulatedErrors.of(history, self.model.ahead, test_days)

    def days(self, first: int, end: int) -> Panel:
        """These days of the shop, with the plans of the next 14 days and none beyond them."""
        panel, covariates = self.shop.sample.panel, self.shop.sample.panel.covariates
        return Panel(
            np.ascontiguousarray(panel.sales[:, first:end]),
            np.ascontiguousarray(panel.status[:, first:end]),
            panel.dates[first:end],
            panel.products,
            panel.attributes,
            covariates.between(first, end + PLANNED) if self.plans and covariates is not None else None,
        )


class OrderList:
    """The list's rule: `demand` gives, on an evening, the sums `[N, Q]` until both deliveries."""

    def __init__(self, shop: Shop, demand: Callable[[int, Record], tuple[Doubles, Doubles]]) -> None:
        self.shop, self.demand = shop, demand

    def __call__(self, day: int, record: Record, position: Doubles, loss: Doubles) -> Doubles:
        shop = self.shop
        stock = Stock(
            rows=np.arange(len(position)),
            on_hand=position,
            on_order=np.zeros_like(position),
            lead_time=shop.lead,
            review_period=shop.review,
            pack_size=shop.pack,
            min_order=np.zeros_like(position),
            service_level=np.full(len(position), np.nan),
            unit_cost=shop.cost,
            price=shop.cost + shop.margin,
            salvage=shop.cost - loss,
            defaults={},
        )
        return decide(need_of(*self.demand(day, record), position), stock, Terms.of(stock)).order


class Nightly:
    """The list's eyes: a nightly state that has seen the days of a record, and the demand that it expects."""

    def __init__(self, trained: Trained, last_day: int) -> None:
        self.trained, self.seen = trained, last_day
        self.state = NightlyState.anchored(trained.model, trained.days(0, last_day + 1))
        self.classes = class_rows(trained.days(0, HISTORY))

    def __call__(self, day: int, record: Record) -> tuple[Doubles, Doubles]:
        shop, errors = self.trained.shop, self.trained.errors
        while self.seen < day:
            self.seen += 1
            one = self.trained.days(self.seen, self.seen + 1)
            status = np.where(record.empty[:, [self.seen]], Status.SOLD_OUT, Status.ON_SALE).astype(np.uint8)
            sales = np.ascontiguousarray(record.sales[:, [self.seen]], dtype=np.float32)
            self.state.update(Panel(sales, status, one.dates, one.products, one.attributes, one.covariates))
        mean = self.state.forecast(int(shop.span.max()))["mean"].astype(np.float64)
        until = np.pad(np.cumsum(mean, axis=1), ((0, 0), (1, 0)))
        lead, total = demand_until(until, errors, self.classes, shop.lead, shop.span)
        return errors.rounded(lead), errors.rounded(total)
