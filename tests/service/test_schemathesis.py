"""Requests made from the service's own description, good and bad ones: no answer is a failure of the service."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from service_process import running

from shelfcast.service.app import make_app
from shelfcast.service.settings import ServiceSettings


@pytest.fixture(scope="module")
def description(catalog_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    database = f"sqlite:///{tmp_path_factory.mktemp('fuzzed') / 'sales.sqlite3'}"
    app = make_app(ServiceSettings(catalog_model, database=database, hosts=("testserver",)))
    app.state.services.keeper.look()
    return schemathesis.openapi.from_asgi("/openapi.json", app)


def test_a_few_requests_never_fail_the_service(description: Any) -> None:
    asked = []

    def ask(case: Any) -> None:
        answer = case.call()
        asked.append(answer.status_code)
        assert answer.status_code < 500, answer.text

    quick = settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    for operation in (found.ok() for found in description.get_all_operations()):
        has_input = "parameters" in operation.definition.raw or "requestBody" in operation.definition.raw
        for mode in list(schemathesis.GenerationMode) if has_input else [schemathesis.GenerationMode.POSITIVE]:
            with suppress(Unsatisfiable):  # of some operations, nothing can be wrong
                quick(given(case=operation.as_strategy(generation_mode=mode))(ask))()
    assert {200, 422} <= set(asked)


@pytest.mark.slow
def test_ten_thousand_requests_of_all_phases_never_fail_the_service(catalog_model: Path, tmp_path: Path) -> None:
    with running(catalog_model, "--database", f"sqlite:///{tmp_path / 'sales.sqlite3'}") as service:
        before = service.requests().get("503", 0)  # asked before it was ready
        for seed in range(20):
            command = [str(Path(sys.executable).with_name("schemathesis")), "run", f"{service.url}/openapi.json"]
            options = ["--checks", "not_a_server_error", "-n", "1000", "--seed", str(seed), "--continue-on-failure"]
            done = subprocess.run([*command, *options], capture_output=True, text=True, cwd=tmp_path, check=False)
            assert done.returncode == 0, done.stdout[-3000:]
            counted = service.requests()
            if sum(counted.values()) >= 10_000:
                break
        assert sum(counted.values()) >= 10_000, counted
        failed = sum(count for status, count in counted.items() if status.startswith("5"))
        assert failed == before, counted
