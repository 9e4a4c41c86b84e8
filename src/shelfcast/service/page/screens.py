"""The screens: which address shows what."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd
from fastapi import APIRouter, Request
from fastapi.responses import Response

from ...errors import ShelfcastError
from ...planning import order_list
from ...report.formats import plural
from ...report.templates import templates
from ...writing import escape_cells, write_table
from ..problem import Problem
from ..problems import TITLES
from ..served import ServedModel
from ..services import Services
from . import charts, overview
from .lists import ListQuery, ProductList
from .product import product_screen
from .promotions import promotion_screen, signals_of

router = APIRouter(include_in_schema=False)

_STATIC = {
    "style.css": ("shelfcast.report", "style.css", "text/css; charset=utf-8"),
    "page.css": ("shelfcast.service.page", "static/page.css", "text/css; charset=utf-8"),
    "charts.js": ("shelfcast.service.page", "static/charts.js", "text/javascript; charset=utf-8"),
    "plotly.min.js": ("plotly", "package_data/plotly.min.js", "text/javascript; charset=utf-8"),
}
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@cache
def _static(name: str) -> tuple[bytes, str, str]:
    package, path, media_type = _STATIC[name]
    content = files(package).joinpath(path).read_bytes()
    return content, media_type, f'"{hashlib.sha256(content).hexdigest()[:16]}"'


@dataclass(frozen=True)
class Prepared:
    """What the screens of a model share, made once.

    Attributes:
        orders: the order list, None without a stock table. problem: why there is none though there is a table.
    """

    list: ProductList
    orders: pd.DataFrame | None
    problem: str

    @classmethod
    def of(cls, served: ServedModel, stock: Path | None) -> Prepared:
        orders, problem = None, ""
        if stock is not None:
            try:
                orders = order_list(served.forecaster, stock, served.ahead["mean"])
            except ShelfcastError as error:
                problem = f"There is no order list: {error}"
        return cls(ProductList(served, orders), orders, problem)


async def _prepared(services: Services, served: ServedModel) -> Prepared:
    stock = services.settings.stock
    changed = stock.stat().st_mtime_ns if stock is not None and stock.exists() else 0
    return await services.once(served, f"prepared {changed}", lambda: Prepared.of(served, stock))


def _html(served: ServedModel | None, template: str, here: str, status: int = 200, **content: Any) -> Response:
    shared = {
        "here": here,
        "fresh": overview.fresh_words(served) if served else "",
        "version": served.version if served else "–",
        "plural": plural,
    }
    text = templates("shelfcast.service.page").get_template(template).render(shared | content)
    return Response(text.encode("utf-8", "xmlcharrefreplace"), status, media_type="text/html; charset=utf-8")


@router.get("/static/{name}")
async def static(request: Request, name: str) -> Response:
    if name not in _STATIC:
        raise Problem(404, "There is no such file.")
    content, media_type, tag = _static(name)
    headers = {"cache-control": "no-cache", "etag": tag}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=media_type)


@router.get("/favicon.ico")
async def favicon() -> Response:
    return Response(status_code=204)


@router.get("/")
async def home(request: Request) -> Response:
    services = Services.of(request)
    if not services.keeper.is_ready:
        detail = "The model is being loaded. Load this page again in a moment."
        return _html(None, "problem.html.j2", "/", 503, title="Not ready yet", detail=detail)
    served = services.keeper.served
    prepared = await _prepared(services, served)
    query = ListQuery.of(request.query_params)
    return _html(
        served,
        "home.html.j2",
        "/",
        tomorrow=f"Tomorrow: {overview.tomorrow_words(served)}",
        notes=[*overview.notes(served), *([prepared.problem] if prepared.problem else [])],
        key_figures=overview.key_figures(served, prepared.orders),
        shop=charts.as_json(overview.shop_chart(served)),
        shop_label="Units of all products a day, as sold and as forecast.",
        list=prepared.list.page(query),
        filters=prepared.list.filters,
        query=query,
    )


@router.get("/list.csv")
async def as_csv(request: Request) -> Response:
    services = Services.of(request)
    served = services.keeper.served
    prepared = await _prepared(services, served)
    table = prepared.list.table.iloc[prepared.list.rows(ListQuery.of(request.query_params))]
    text = await services.computing.run(lambda: escape_cells(table).to_csv(index=False))
    return _file(text.encode("utf-8", "replace"), "text/csv; charset=utf-8", f"shelfcast-{served.panel.last_day}.csv")


@router.get("/list.xlsx")
async def as_xlsx(request: Request) -> Response:
    services = Services.of(request)
    served = services.keeper.served
    prepared = await _prepared(services, served)
    table = prepared.list.table.iloc[prepared.list.rows(ListQuery.of(request.query_params))]

    def written() -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            write_table(table, Path(folder) / "list.xlsx")
            return (Path(folder) / "list.xlsx").read_bytes()

    return _file(await services.computing.run(written), _XLSX, f"shelfcast-{served.panel.last_day}.xlsx")


@router.get("/product")
async def product(request: Request) -> Response:
    services = Services.of(request)
    served = services.keeper.served
    row = served.rows.get(request.query_params.get("id", ""))
    if row is None:
        return _problem(served, 404, "The model does not know this product.")
    parameters, chosen = dict(request.query_params), request.query_params.getlist("signal")
    orders = (await _prepared(services, served)).orders
    content = await services.computing.run(lambda: product_screen(served, row, orders, parameters, chosen))
    return _html(served, "product.html.j2", "", **content)


@router.get("/quality")
async def quality(request: Request) -> Response:
    services = Services.of(request)
    served = services.keeper.served

    def content() -> dict[str, Any] | None:
        from ...report.page import evaluation_context  # loads matplotlib, which no other screen needs

        told = served.scored.report_content(ahead=served.ahead)
        return None if told is None else evaluation_context(told)

    context = await services.once(served, "quality", content)
    return _html(served, "quality.html.j2", "/quality", **(context or {"content": None}))


@router.get("/promotions")
async def promotions(request: Request) -> Response:
    services = Services.of(request)
    served = services.keeper.served
    signals = signals_of(served)
    if not signals:
        return _html(served, "promotions.html.j2", "/promotions", signals=[])
    asked = request.query_params.get("signal", "")
    signal = asked if asked in signals else signals[0]
    content = await services.once(served, f"promotions {signal}", lambda: promotion_screen(served, signal))
    return _html(served, "promotions.html.j2", "/promotions", signals=signals, **content)


def _problem(served: ServedModel, status: int, detail: str) -> Response:
    return _html(served, "problem.html.j2", "", status, title=TITLES[status], detail=detail)


def _file(content: bytes, media_type: str, name: str) -> Response:
    return Response(content, headers={"content-disposition": f'attachment; filename="{name}"'}, media_type=media_type)
