"""A small model of each recipe, and a service of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from service_helpers import undrawn

from shelfcast import Forecaster, sample_shop
from shelfcast.service.app import make_app
from shelfcast.service.settings import ServiceSettings


@pytest.fixture(scope="session")
def catalog_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 products with prices, promotions and holidays; hardly trained."""
    folder = tmp_path_factory.mktemp("catalog") / "model"
    shop = sample_shop(products=40, days=150)
    with undrawn():
        Forecaster("catalog", device="cpu", steps=5).fit(shop.panel, test_days=10).save(folder)
    return folder


@pytest.fixture(scope="session")
def classic_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("classic") / "model"
    shop = sample_shop(products=6, days=90)
    with undrawn():
        Forecaster("classic", device="cpu", epochs=2).fit(shop.panel, test_days=14).save(folder)
    return folder


def is_ready(client: TestClient) -> bool:
    for _ in range(600):
        if client.get("/readyz").status_code == 200:
            return True
        time.sleep(0.05)
    return False


@pytest.fixture(scope="session")
def served() -> Iterator[Callable[..., TestClient]]:
    """Starts services: `served(model, **settings)`; they stop at the end."""
    started: list[TestClient] = []

    def start(model: Path, **settings: object) -> TestClient:
        app = make_app(ServiceSettings(model, **settings))  # type: ignore[arg-type]
        client = TestClient(app, base_url="http://localhost", raise_server_exceptions=False)
        client.__enter__()
        started.append(client)
        assert is_ready(client)
        return client

    yield start
    for client in started:
        client.__exit__(None, None, None)


@pytest.fixture(scope="session")
def client(served: Callable[..., TestClient], catalog_model: Path) -> TestClient:
    return served(catalog_model)
