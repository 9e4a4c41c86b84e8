"""Whether it lives, whether it is ready, and what it has counted."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from .problem import Problem
from .services import Services
from .tables import json_response

router = APIRouter()


@router.get("/livez", summary="The process answers")
async def livez() -> Response:
    return json_response({"status": "alive"})


@router.get("/readyz", summary="The manifest is verified and a self-test forecast was made")
async def readyz(request: Request) -> Response:
    keeper = Services.of(request).keeper
    if not keeper.is_ready:
        raise Problem(503, f"No model is in service{f' ({keeper.failure})' if keeper.failure else ' yet'}.")
    return json_response({"status": "ready", "model": keeper.served.version})


@router.get("/metrics", summary="For Prometheus")
async def metrics(request: Request) -> Response:
    return Response(Services.of(request).metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
