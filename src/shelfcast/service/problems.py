"""Errors as problem+json (RFC 9457), with the id of the request and nothing of what was sent."""

from __future__ import annotations

import logging
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from ..errors import ShelfcastError
from .problem import Problem

log = logging.getLogger("shelfcast.service")
MEDIA_TYPE = "application/problem+json"
TITLES = {
    400: "The request cannot be read",
    401: "A key is needed",
    403: "This key does not allow that",
    404: "There is nothing here",
    405: "This cannot be done here",
    406: "Not acceptable",
    409: "The state does not allow that now",
    413: "The body is too large",
    415: "The body must be application/json",
    421: "This service is not known under that name",
    422: "The request does not make sense",
    429: "Too many requests at once",
    500: "The service failed",
    503: "The service is not ready",
}


def problem_body(status: int, detail: str, request_id: str, errors: list[dict[str, str]] | None = None) -> bytes:
    told: dict[str, Any] = {
        "type": "about:blank",
        "title": TITLES.get(status, "Error"),
        "status": status,
        "detail": detail,
        "request_id": request_id,
    }
    return orjson.dumps(told | ({"errors": errors} if errors else {}))


def problem_response(request: Request, problem: Problem) -> Response:
    body = problem_body(problem.status, problem.detail, request.scope.get("request_id", ""), problem.errors)
    return Response(body, problem.status, problem.headers, MEDIA_TYPE)


def add_handlers(app: FastAPI) -> None:
    @app.exception_handler(Problem)
    async def of_ours(request: Request, error: Problem) -> Response:
        return problem_response(request, error)

    @app.exception_handler(ShelfcastError)
    async def of_shelfcast(request: Request, error: ShelfcastError) -> Response:
        # its message may hold names that were sent: only the way out is sure not to
        return problem_response(request, Problem(422, error.way_out or "The sales cannot be used."))

    @app.exception_handler(SQLAlchemyError)
    async def of_database(request: Request, error: SQLAlchemyError) -> Response:
        log.error("The database of sales failed (%s).", type(error).__name__)  # its message may hold the address
        detail = "The database of sales cannot be used now: nothing was kept."
        return problem_response(request, Problem(503, detail, headers={"retry-after": "5"}))

    @app.exception_handler(RequestValidationError)
    async def of_validation(request: Request, error: RequestValidationError) -> Response:
        found = error.errors()
        if any(each["type"] == "json_invalid" for each in found):
            return problem_response(request, Problem(400, "The body is no JSON that this service reads."))
        told = [{"at": _place(each), "error": each["type"], "detail": _said(each)} for each in found[:10]]
        return problem_response(request, Problem(422, f"{len(found)} values are not what they must be.", told))

    @app.exception_handler(HTTPException)
    async def of_http(request: Request, error: HTTPException) -> Response:
        detail = TITLES.get(error.status_code, "Error") + "."
        return problem_response(request, Problem(error.status_code, detail, headers=dict(error.headers or {})))


def _place(error: Any) -> str:
    """Numbers and names of our own; the name of a field that is not is what was sent, and left out."""
    loc = error["loc"][:-1] if error["type"] == "extra_forbidden" else error["loc"]
    return ".".join(map(str, loc))


def _said(error: Any) -> str:
    """Pydantic's message; it holds limits of ours, but of some kinds also what was sent."""
    return "Not a value that is allowed here." if error["type"] in ("value_error", "assertion_error") else error["msg"]
