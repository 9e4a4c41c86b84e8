"""The application: the parts put together."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from .. import __version__
from . import api, health
from .guard import Guard
from .keeper import ModelKeeper
from .metrics import Metrics
from .page import screens
from .problems import add_handlers
from .services import Services
from .settings import ServiceSettings

_SWITCH = 0.001  # seconds that an answer waits at most for a thread that computes, or loads a model, to let it on


def make_app(settings: ServiceSettings, keeper: ModelKeeper | None = None) -> FastAPI:
    """The service of a model folder, as an ASGI application.

    Args:
        keeper: of that folder, where one is at work already.

    Raises:
        ServiceError: the database of sales cannot be opened.
    """
    services = Services.made(settings, keeper or ModelKeeper(settings.model, Metrics()))

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        services.keeper.start()
        try:
            yield
        finally:
            services.keeper.stop()
            services.computing.close()
            services.writing.close()
            services.ledger.close()

    app = FastAPI(
        title="shelfcast",
        summary="Tomorrow's demand of every product.",
        version=__version__,
        lifespan=life,
        docs_url=None,  # its page would load from a CDN
        redoc_url=None,
    )
    app.state.services = services
    app.include_router(health.router)
    app.include_router(api.router)
    app.include_router(screens.router)
    add_handlers(app)
    app.add_middleware(Guard, settings=settings, metrics=services.metrics)
    return app


def serve(app: FastAPI, settings: ServiceSettings) -> None:
    """Serves until SIGTERM or Ctrl-C; then no new requests are taken, and those at work are answered."""
    import uvicorn

    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    print(f"http://{host}:{settings.port}", flush=True)
    sys.setswitchinterval(_SWITCH)
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=30,
        limit_concurrency=1000,
        h11_max_incomplete_event_size=64_000,
    )
