"""The endpoints under /v1."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import date
from typing import Annotated, Any

import numpy as np
import orjson
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from starlette.requests import Request as StarletteRequest

from ..errors import HistoryError
from ..planning import order_list
from ..store import version_names
from .ledger import SoldRow
from .problem import Problem
from .schemas import (
    Evaluation,
    Forecasts,
    Kept,
    LiveForecasts,
    LiveRequest,
    Models,
    Orders,
    OrdersRequest,
    ProblemAnswer,
    ProductAnswer,
    SalesRequest,
    Sold,
)
from .served import ServedModel
from .services import Services
from .settings import MOST_DAYS, MOST_PRODUCTS
from .tables import forecast_rows, json_response, plain, sales_rows, stock_frame
from .told import Told

_HISTORY = 56  # days of sales in the answer about a product


class _JsonRequest(Request):
    """A body is read by orjson: it knows no NaN, no number past a double, no half characters, no bottomless nest."""

    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            self._json = orjson.loads(await self.body())
        return self._json


class _JsonRoute(APIRoute):
    def get_route_handler(self) -> Callable[[StarletteRequest], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def handle(request: StarletteRequest) -> Response:
            if request.method == "POST" and not _is_json(request.headers.get("content-type", "")):
                raise Problem(415, "Say so in Content-Type.")
            return await handler(_JsonRequest(request.scope, request.receive))

        return handle


_problems: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemAnswer, "content": {"application/problem+json": {}}}
    for status in (400, 401, 403, 404, 413, 415, 421, 422, 429, 503)
}
router = APIRouter(prefix="/v1", route_class=_JsonRoute, responses=_problems)


@router.get("/models", response_model=Models, summary="The versions and what is in service")
async def models(request: Request) -> Response:
    services = Services.of(request)
    served = services.keeper.served
    versions = version_names(services.settings.model)
    return json_response(
        {
            "recipe": served.forecaster.recipe.name,
            "products": len(served.rows),
            "last_day": str(served.panel.last_day),
            "horizon": served.horizon,
            "versions": [{"version": name, "in_force": name == served.version} for name in versions],
        }
    )


@router.get("/forecasts", response_model=Forecasts, summary="Stored forecasts of the days after the last known one")
async def stored(
    request: Request,
    unique_id: Annotated[list[str], Query(max_length=MOST_PRODUCTS, description="of these products only")] = [],  # noqa: B006
    search: Annotated[str, Query(max_length=200, description="part of the product's name")] = "",
    horizon: Annotated[int | None, Query(ge=1, le=MOST_DAYS, description="days ahead at most")] = None,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    page_size: Annotated[int, Query(ge=1, le=MOST_PRODUCTS, description="products a page")] = 100,
) -> Response:
    served = Services.of(request).keeper.served
    if unique_id:
        found = [served.rows[name] for name in unique_id if name in served.rows]
        if len(found) < len(set(unique_id)):
            raise Problem(404, f"{len(set(unique_id)) - len(set(found))} of the products are not in the model.")
        rows = np.array(sorted(set(found)), dtype=np.int64)
    elif search:
        rows = np.flatnonzero(served.names_with(search))
    else:
        rows = np.arange(len(served.rows))
    chosen = rows[(page - 1) * page_size : page * page_size]
    ahead = {name: values[:, :horizon] for name, values in served.ahead.items()}
    names = served.panel.products[chosen].tolist()
    return json_response(
        {
            "model": served.version,
            "cutoff": str(served.panel.last_day),
            "products": len(rows),
            "page": page,
            "pages": max(-(-len(rows) // page_size), 1),
            "forecasts": forecast_rows(names, served.panel.last_day, ahead, chosen),
        }
    )


@router.post("/forecasts", response_model=LiveForecasts, summary="Forecasts from recent sales, in one forward pass")
async def live(request: Request, asked: LiveRequest) -> Response:
    """What is told of known days corrects them; days after the last known one move the forecast on.

    A known product that has no row on a new day sold nothing on it. Of products that are not told of, what they
    sold on the same weekday of the last week is taken, as the catalog's totals enter each forecast.
    """
    services = Services.of(request)
    served = services.keeper.served

    def work() -> Response:
        told, names = _told(served, asked.sales)
        horizon = asked.horizon or served.horizon
        try:
            ahead = served.live.ahead(told, horizon)
        except HistoryError as error:
            raise Problem(422, str(error)) from error
        last_day = served.panel.last_day + told.new_days(len(served.panel.dates))
        rows = forecast_rows(names, last_day, ahead)
        return json_response({"model": served.version, "cutoff": str(last_day), "forecasts": rows})

    return await services.computing.run(work)


@router.post("/sales", response_model=Kept, summary="Keeps sales for the nightly run; the same again changes nothing")
async def sales(request: Request, asked: SalesRequest) -> Response:
    services = Services.of(request)
    _check_size(asked.sales)
    served = services.keeper.served
    _require_days(served, [row.ds for row in asked.sales])
    rows = [SoldRow(row.unique_id, row.ds, row.y) for row in asked.sales]
    kept = await services.writing.run(lambda: services.ledger.put(rows))
    services.metrics.sales.inc(kept)
    return json_response({"kept": kept})


@router.post("/orders", response_model=Orders, summary="What to order now, what is worth most first")
async def orders(request: Request, asked: OrdersRequest) -> Response:
    services = Services.of(request)
    served = services.keeper.served
    names = [row.unique_id for row in asked.stock]
    unknown = len(set(names) - served.rows.keys())
    if unknown or len(set(names)) < len(names):
        raise Problem(422, f"{unknown:,} products are unknown, {len(names) - len(set(names)):,} there twice.")
    stock = stock_frame([row.model_dump() for row in asked.stock])

    def work() -> Response:
        table = order_list(served.forecaster, stock, served.ahead["mean"])
        told = {"model": served.version, "cutoff": str(served.panel.last_day), "defaults": table.attrs["defaults"]}
        return json_response(told | {"orders": plain(table)})

    return await services.computing.run(work)


@router.get("/products/{unique_id:path}", response_model=ProductAnswer, summary="A product")
async def product(request: Request, unique_id: str) -> Response:
    served = Services.of(request).keeper.served
    row = served.rows.get(unique_id)
    if row is None:
        raise Problem(404, "The model does not know this product.")
    score = served.scores_by_product
    return json_response(
        {
            "model": served.version,
            "unique_id": unique_id,
            "attributes": {name: str(values[row]) for name, values in served.panel.attributes.items()},
            "sales": sales_rows(served, row, _HISTORY),
            "forecasts": forecast_rows([unique_id], served.panel.last_day, served.ahead, np.array([row])),
            "score": None if score is None or unique_id not in score.index else plain(score.loc[[unique_id]])[0],
        }
    )


@router.get("/evaluation", response_model=Evaluation, summary="Scores on the test days, with the baselines")
async def evaluation(request: Request) -> Response:
    served = Services.of(request).keeper.served
    result = served.scored.result
    if result is None:
        raise Problem(404, "This model was extended or saved without a backtest: there are no scores.")
    return json_response(
        {
            "model": served.version,
            "test_days": [str(result.dates[0]), str(result.dates[-1])],
            "summary": result.summary(),
            "scores": plain(result.scores()),
        }
    )


def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/json"


def _check_size(sold: list[Sold]) -> None:
    """Raises Problem 422."""
    products, days = {row.unique_id for row in sold}, {row.ds for row in sold}
    if len(products) > MOST_PRODUCTS or len(days) > MOST_DAYS:
        raise Problem(422, f"A call may tell of {MOST_PRODUCTS:,} products and {MOST_DAYS} days.")


def _require_days(served: ServedModel, days: list[date]) -> None:
    """Raises Problem 422."""
    first, last = served.panel.dates[0], served.panel.last_day + MOST_DAYS
    if str(min(days)) < str(first) or str(max(days)) > str(last):
        raise Problem(422, f"The days must lie between {first} and {last}.")


def _told(served: ServedModel, sold: list[Sold]) -> tuple[Told, list[str]]:
    """What the rows tell, and the products' names; rows of the same product and day are summed.

    Raises:
        Problem: 422: too many, unknown products, or days far off.
    """
    _check_size(sold)
    _require_days(served, [row.ds for row in sold])
    rows = [served.rows.get(row.unique_id, -1) for row in sold]
    unknown = len({row.unique_id for row, at in zip(sold, rows, strict=True) if at < 0})
    if unknown:
        raise Problem(422, f"The model does not know {unknown:,} of the products: take them in with shelfcast extend.")
    first = served.panel.dates[0].astype(date).toordinal()
    day = np.fromiter((row.ds.toordinal() - first for row in sold), np.int64, len(sold))
    units = np.fromiter((row.y for row in sold), np.float64, len(sold))
    products, at = np.unique(np.array(rows, dtype=np.int64), return_inverse=True)
    cells, cell = np.unique(at * (int(day.max()) + 1) + day, return_inverse=True)
    summed = np.bincount(cell, units).astype(np.float32)
    told = Told(products, cells // (int(day.max()) + 1), cells % (int(day.max()) + 1), summed)
    return told, served.panel.products[products].tolist()
