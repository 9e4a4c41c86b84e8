"""Requests made from the service's own description, good and bad ones: no answer is a failure of the service."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, settings

from shelfcast.service.app import make_app
from shelfcast.service.settings import ServiceSettings


@pytest.fixture(scope="module")
def _running(served: Callable[..., TestClient], catalog_model: Path) -> TestClient:
    return served(catalog_model)
