"""What must not get in does not, and is told so with a 4xx that repeats nothing."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from service_helpers import ADMIN_KEY, API_KEY

from shelfcast.service.settings import MOST_BYTES, ServiceError, ServiceSettings, read_key

HOSTILE = "<script>alert(1)</script>"


def row(**changed: object) -> dict[str, object]:
    return {"unique_id": "P0000001", "ds": "2023-11-01", "y": 1.0, **changed}


def post(client: TestClient, body: bytes, path: str = "/v1/forecasts") -> int:
    answer = client.post(path, content=body, headers={"content-type": "application/json"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json()) >= {"type", "title", "status", "detail", "request_id"}
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert HOSTILE not in answer.text
    return answer.status_code


def with_value(text: str) -> bytes:
    return json.dumps({"sales": [row(y="HERE")]}).replace('"HERE"', text).encode()


@pytest.mark.parametrize("path", ["/v1/forecasts", "/v1/sales"])
@pytest.mark.parametrize(
    "body",
    [
        with_value("NaN"),
        with_value("Infinity"),
        with_value("-Infinity"),
        with_value("1e400"),
        with_value("-1"),
        with_value('"<script>alert(1)</script>"'),
        with_value("9" * 5000),
        b"[" * 100_000,
        b'{"sales":' * 100_000,
        json.dumps({"sales": [row(unique_id="\ud800")]}).encode(),
        b'{"sales":[{"unique_id":"\xff\xfe","ds":"2023-11-01","y":1}]}',
        json.dumps({"sales": [row(ds="9999-12-31")]}).encode(),
        json.dumps({"sales": [row(ds="0001-01-01")]}).encode(),
        json.dumps({"sales": [row(ds=HOSTILE)]}).encode(),
        json.dumps({"sales": [{HOSTILE: HOSTILE}], HOSTILE: 1}).encode(),
        json.dumps({"sales": []}).encode(),
        json.dumps({"sales": [row(unique_id="x" * 501)]}).encode(),
        json.dumps({"sales": [row()] * 3, "horizon": 366}).encode(),
        b"",
        b"null",
        b"7",
    ],
)
def test_bodies_that_no_service_should_accept(client: TestClient, path: str, body: bytes) -> None:
    assert 400 <= post(client, body, path) < 500


def test_unknown_products_are_counted_and_not_repeated(client: TestClient) -> None:
    assert post(client, json.dumps({"sales": [row(unique_id=HOSTILE)]}).encode()) == 422


def test_a_body_may_not_be_too_large_said_or_unsaid(client: TestClient) -> None:
    assert post(client, b" " * 60_000_000) == 413

    def chunks() -> Iterator[bytes]:
        for _ in range(MOST_BYTES // 1_000_000 + 1):
            yield b" " * 1_000_000

    answer = client.post("/v1/sales", content=chunks(), headers={"content-type": "application/json"})
    assert answer.status_code == 413


def test_too_many_products_or_days_a_call_are_refused(client: TestClient) -> None:
    many = [row(unique_id=f"x{n}") for n in range(10_001)]
    assert post(client, json.dumps({"sales": many}).encode()) == 422
    assert post(client, json.dumps({"sales": many}).encode(), "/v1/sales") == 422


def test_another_content_type_is_refused(client: TestClient) -> None:
    answer = client.post("/v1/sales", content=b"{}", headers={"content-type": "text/plain"})
    assert answer.status_code == 415


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "evil.example:80", "", "localhost@evil"])
def test_other_host_names_are_refused(client: TestClient, host: str) -> None:
    assert client.get("/livez", headers={"host": host}).status_code == 421


def test_every_answer_has_the_security_headers(client: TestClient) -> None:
    for answer in (client.get("/livez"), client.get("/nothing"), client.get("/livez", headers={"host": "evil"})):
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert len(answer.headers["x-request-id"]) == 16
    assert client.get("/nothing").headers["content-type"] == "application/problem+json"
    assert client.delete("/livez").status_code == 405


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org"])
def test_an_address_that_others_reach_needs_a_key(host: str) -> None:
    with pytest.raises(ServiceError, match="no API key"):
        ServiceSettings(Path("model"), host=host)
    ServiceSettings(Path("model"), host=host, api_key=API_KEY)


def test_weak_or_equal_keys_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="16"):
        ServiceSettings(Path("model"), api_key="short")
    with pytest.raises(ServiceError, match="same"):
        ServiceSettings(Path("model"), api_key=API_KEY, admin_key=API_KEY)
    file = tmp_path / "key"
    file.write_text(API_KEY + "\n")
    assert read_key("X", file) == API_KEY
    assert read_key("X", None, {"X": "y"}) == "y"
    assert read_key("X", None, {"X": ""}) is None
    with pytest.raises(ServiceError):
        read_key("X", tmp_path / "absent")


@pytest.fixture(scope="module")
def locked(
    served: Callable[..., TestClient], catalog_model: Path, tmp_path_factory: pytest.TempPathFactory
) -> TestClient:
    database = f"sqlite:///{tmp_path_factory.mktemp('ledger') / 'sales.sqlite3'}"
    return served(catalog_model, api_key=API_KEY, admin_key=ADMIN_KEY, database=database)


def test_reading_and_writing_need_a_key_each(locked: TestClient) -> None:
    body = {"sales": [row()]}
    for key, reads, writes in ((None, 401, 401), ("wrong", 401, 401), (API_KEY, 200, 403), (ADMIN_KEY, 200, 200)):
        headers = {} if key is None else {"x-api-key": key}
        assert locked.get("/v1/models", headers=headers).status_code == reads
        assert locked.get("/metrics", headers=headers).status_code == reads
        assert locked.post("/v1/forecasts", json=body, headers=headers).status_code == reads
        assert locked.post("/v1/sales", json=body, headers=headers).status_code == writes
    assert locked.get("/livez").status_code == locked.get("/readyz").status_code == 200


def test_a_key_may_come_as_bearer_token_or_as_a_password(locked: TestClient) -> None:
    assert locked.get("/v1/models", headers={"authorization": f"Bearer {API_KEY}"}).status_code == 200
    assert locked.get("/v1/models", auth=("planner", API_KEY)).status_code == 200
    assert locked.get("/v1/models", auth=("planner", "wrong")).status_code == 401
    refused = locked.get("/v1/models", headers={"authorization": "Basic ***"})
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Basic")


def test_with_a_reading_key_alone_nobody_writes(served: Callable[..., TestClient], catalog_model: Path) -> None:
    client = served(catalog_model, api_key=API_KEY)
    answer = client.post("/v1/sales", json={"sales": [row()]}, headers={"x-api-key": API_KEY})
    assert answer.status_code == 403


def test_more_requests_than_can_wait_are_refused(client: TestClient) -> None:
    import asyncio

    from shelfcast.service.metrics import Metrics
    from shelfcast.service.problem import Problem
    from shelfcast.service.queue import WorkQueue

    queue, held = WorkQueue(Metrics(), most=2), threading.Event()

    async def crowd() -> list[object]:
        waiting = [asyncio.create_task(queue.run(held.wait)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Problem) as refused:
            await queue.run(lambda: None)
        assert refused.value.status == 429
        held.set()
        return list(await asyncio.gather(*waiting))

    assert asyncio.run(crowd()) == [True, True]
    queue.close()
