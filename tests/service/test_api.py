"""The endpoints answer what the model folder says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fastapi.testclient import TestClient

from shelfcast import Forecaster

OUTPUTS = ["mean", "median", "lo-80", "hi-80", "lo-95", "hi-95"]


def test_it_is_ready_and_names_the_version_in_force(client: TestClient, catalog_model: Path) -> None:
    assert client.get("/livez").status_code == 200
    version = (catalog_model / "current").read_text().strip()
    assert client.get("/readyz").json() == {"status": "ready", "model": version}
    models = client.get("/v1/models").json()
    assert {"version": version, "in_force": True} in models["versions"]
    assert models["products"] == 40


def test_stored_forecasts_are_the_forecasters(client: TestClient, catalog_model: Path) -> None:
    table = Forecaster.load(catalog_model, device="cpu").predict()
    answer = client.get("/v1/forecasts", params={"page_size": 7, "page": 6, "horizon": 3}).json()
    assert (answer["products"], answer["page"], answer["pages"]) == (40, 6, 6)
    rows = answer["forecasts"]
    assert len(rows) == 5 * 3
    expected = table[(table["ds"] <= table["cutoff"] + np.timedelta64(3, "D"))].iloc[-15:]
    assert [row["unique_id"] for row in rows] == expected["unique_id"].tolist()
    assert [row["ds"] for row in rows] == expected["ds"].dt.strftime("%Y-%m-%d").tolist()
    for name in OUTPUTS:
        np.testing.assert_allclose([row[name] for row in rows], expected[name], atol=1e-4)


def test_stored_forecasts_of_chosen_products_and_by_search(client: TestClient) -> None:
    params = {"unique_id": ["P0000003", "P0000001"], "horizon": 1}
    answer = client.get("/v1/forecasts", params=params).json()
    assert [row["unique_id"] for row in answer["forecasts"]] == ["P0000001", "P0000003"]
    assert client.get("/v1/forecasts", params={"search": "p000000"}).json()["products"] == 10
    gone = client.get("/v1/forecasts", params={"unique_id": ["P0000003", "<b>"]})
    assert gone.status_code == 404
    assert "<b>" not in gone.text


def test_live_forecasts_move_on_by_the_days_that_are_told(client: TestClient) -> None:
    last = client.get("/v1/models").json()["last_day"]
    following = str(np.datetime64(last) + 1)
    rows = [{"unique_id": "P0000003", "ds": day, "y": 4.0} for day in (last, following)]
    answer = client.post("/v1/forecasts", json={"sales": rows, "horizon": 5})
    assert answer.status_code == 200, answer.text
    assert answer.json()["cutoff"] == following
    forecasts = answer.json()["forecasts"]
    assert [row["ds"] for row in forecasts] == [str(np.datetime64(following) + h) for h in range(1, 6)]
    assert all(np.isfinite(row[name]) and row[name] >= 0 for row in forecasts for name in OUTPUTS)


def test_live_forecasts_of_known_sales_are_the_stored_ones(client: TestClient) -> None:
    known = client.get("/v1/products/P0000003").json()
    rows = [{"unique_id": "P0000003", **row} for row in known["sales"]]
    answer = client.post("/v1/forecasts", json={"sales": rows}).json()
    for said, stored in zip(answer["forecasts"], known["forecasts"], strict=True):
        assert said == pytest.approx(stored, abs=2e-4) if isinstance(said, float) else said["ds"] == stored["ds"]
        assert said["mean"] == pytest.approx(stored["mean"], abs=2e-4)


def test_orders_are_those_of_the_order_list(client: TestClient, catalog_model: Path) -> None:
    from shelfcast.planning import order_list

    stock = [{"unique_id": f"P00000{n:02}", "on_hand": n, "pack_size": 6, "unit_cost": 1, "price": 3} for n in range(9)]
    answer = client.post("/v1/orders", json={"stock": [*stock, {"unique_id": "P0000020"}]})
    assert answer.status_code == 200, answer.text
    frame = pd.DataFrame([*stock, {"unique_id": "P0000020", "on_hand": 0, "pack_size": 1}])
    expected = order_list(Forecaster.load(catalog_model, device="cpu"), frame)
    rows = answer.json()["orders"]
    assert [row["unique_id"] for row in rows] == expected["unique_id"].tolist()
    assert [row["order"] for row in rows] == expected["order"].tolist()
    assert rows[0]["reason"]
    twice = client.post("/v1/orders", json={"stock": [stock[0], stock[0]]})
    loss = client.post("/v1/orders", json={"stock": [{"unique_id": "P0000001", "unit_cost": 5, "price": 3}]})
    assert twice.status_code == loss.status_code == 422


def test_a_product_has_its_sales_attributes_and_score(client: TestClient, catalog_model: Path) -> None:
    forecaster = Forecaster.load(catalog_model, device="cpu")
    assert forecaster.result is not None
    scores = forecaster.result.per_product()
    n = int(scores["mae"].notna().to_numpy().argmax())
    answer = client.get(f"/v1/products/{scores['unique_id'][n]}").json()
    assert answer["attributes"].keys() == {"category", "store"}
    assert [row["y"] for row in answer["sales"]] == forecaster.recent.sales[n, -56:].tolist()
    assert answer["score"]["mae"] == pytest.approx(scores["mae"][n])
    assert client.get("/v1/products/nobody").status_code == 404


def test_the_evaluation_has_seasonal_naive_beside_the_model(client: TestClient) -> None:
    scores = client.get("/v1/evaluation").json()["scores"]
    assert scores[0]["model"] == "catalog"
    assert "seasonal_naive" in [row["model"] for row in scores]


def test_posting_the_same_sales_again_changes_nothing(client: TestClient, catalog_model: Path) -> None:
    last = np.datetime64(client.get("/v1/models").json()["last_day"])
    rows = [{"unique_id": "P0000003", "ds": str(last + 1), "y": y} for y in (1.0, 2.0)]
    ledger = client.app.state.services.ledger  # type: ignore[attr-defined]
    for _ in range(2):
        assert client.post("/v1/sales", json={"sales": rows}).json() == {"kept": 1}
        assert ledger.after(last.astype(object))[["unique_id", "y"]].to_numpy().tolist() == [["P0000003", 2.0]]
    assert (catalog_model / "sales.sqlite3").exists()


def test_metrics_count_by_route_and_never_by_path(client: TestClient) -> None:
    client.get("/v1/products/a-strange-path")
    text = client.get("/metrics").text
    assert "shelfcast_ready 1.0" in text
    assert 'route="/v1/products/{unique_id}"' in text or 'route="/v1/products/{unique_id:path}"' in text
    assert "a-strange-path" not in text


def test_the_openapi_description_lists_the_endpoints(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    wanted = [
        "/v1/models",
        "/v1/forecasts",
        "/v1/sales",
        "/v1/products/{unique_id}",
        "/v1/evaluation",
        "/v1/orders",
        "/livez",
    ]
    assert set(wanted) <= set(paths)
    assert "requestBody" in paths["/v1/forecasts"]["post"]


def test_a_classic_model_is_served_too(served: Callable[..., TestClient], classic_model: Path) -> None:
    client = served(classic_model)
    answer = client.get("/v1/forecasts").json()
    assert len(answer["forecasts"]) == 6
    assert set(answer["forecasts"][0]) == {"unique_id", "ds", "cutoff", "mean"}
    rows = [{"unique_id": "P0000000", "ds": answer["cutoff"], "y": 1}]
    assert client.post("/v1/forecasts", json={"sales": rows}).status_code == 200
    assert client.post("/v1/forecasts", json={"sales": rows, "horizon": 2}).status_code == 422


def test_without_a_model_it_lives_but_is_not_ready(tmp_path: Path) -> None:
    from shelfcast.service.app import make_app
    from shelfcast.service.settings import ServiceSettings

    with TestClient(make_app(ServiceSettings(tmp_path)), base_url="http://localhost") as client:
        assert client.get("/livez").status_code == 200
        assert client.get("/readyz").status_code == 503
        assert client.get("/v1/forecasts").status_code == 503
