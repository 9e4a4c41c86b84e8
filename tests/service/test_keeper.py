"""The service follows its model folder, and a bad version never comes into force."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from service_helpers import undrawn

from shelfcast import Forecaster, Panel, forecast
from shelfcast.errors import ModelFolderError
from shelfcast.service.keeper import ModelKeeper
from shelfcast.service.metrics import Metrics
from shelfcast.service.served import ServedModel
from shelfcast.store import name_in_force, open_version
from shelfcast.versions import promote


@pytest.fixture(autouse=True)
def _undrawn() -> Iterator[None]:
    with undrawn():
        yield


@pytest.fixture
def folder(catalog_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(catalog_model, tmp_path / "model", ignore=shutil.ignore_patterns("*.sqlite3*")))


def test_a_new_version_comes_into_force_and_a_damaged_one_does_not(folder: Path) -> None:
    keeper = ModelKeeper(folder, Metrics())
    keeper.look()
    first = keeper.served
    keeper.look()
    assert keeper.served is first
    Forecaster.load(folder, device="cpu").save(folder)
    keeper.look()
    second = keeper.served
    assert second.version != first.version
    third = Forecaster.load(folder, device="cpu").save(folder)
    with (third / "weights.safetensors").open("r+b") as file:
        file.write(b"damaged")
    keeper.look()
    assert keeper.served is second
    assert keeper.failure == "ModelFolderError"
    (folder / "current").unlink()
    keeper.look()
    assert keeper.served is second


def waits_of(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds between two looks, when each takes three."""
    keeper, waits, clock = ModelKeeper(folder, Metrics()), [], iter(range(0, 99, 3))

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 2:
            keeper._stop.set()

    monkeypatch.setattr("shelfcast.service.keeper.time", SimpleNamespace(monotonic=lambda: next(clock)))
    monkeypatch.setattr(keeper._stop, "wait", wait)
    keeper._follow()
    return waits


def test_a_model_that_cannot_be_loaded_does_not_keep_a_core_busy(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        assert waits_of(folder, patched) == [0.5, 0.5]
    (folder / "current").unlink()
    assert waits_of(folder, monkeypatch) == [60, 60]


def is_whole_when_another_comes_into_force(folder: Path, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the version that is being loaded then is served, with its own days; the other one always is after it."""
    first, forecaster = name_in_force(folder), Forecaster.load(folder, device="cpu")
    known = forecaster.recent
    days = known.last_day + np.arange(1, 2)
    newer = Panel.of(known.sales[:, -1:], days, known.products, attributes=known.attributes)
    second = forecaster.follow(newer).save(folder).name
    promote(folder, first)

    def overtaken(model: Path, name: str) -> Path:
        version = open_version(model, name)
        promote(model, second)
        return version

    monkeypatch.setattr("shelfcast.service.served.open_version", overtaken)
    keeper = ModelKeeper(folder, Metrics())
    keeper.look()
    served = keeper.served if keeper.is_ready else None
    keeper.look()
    assert keeper.served.version == second
    assert keeper.served.panel.last_day == days[0]
    return served is not None and served.version == first and served.panel.last_day == known.last_day


def test_a_version_that_comes_into_force_while_another_is_loaded_is_not_mixed_with_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert is_whole_when_another_comes_into_force(folder, monkeypatch)


def test_reading_what_is_in_force_twice_would_be_seen(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = Forecaster.of_version

    def fault(version: Path, *, device: str) -> Forecaster:
        return right(open_version(folder), device=device)

    monkeypatch.setattr(Forecaster, "of_version", fault)
    assert not is_whole_when_another_comes_into_force(folder, monkeypatch)


def test_what_is_served_was_stored_with_the_version(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = name_in_force(folder)
    monkeypatch.setattr("shelfcast.service.served.forecast_and_memory", None)
    said = ServedModel.load(folder, name).ahead
    table = Forecaster.load(folder, device="cpu").predict()
    for output, units in said.items():
        assert (units.ravel() == table[output]).all()


@pytest.mark.parametrize("lacking", ["read_ahead", "read_memory"])
def test_a_version_of_before_they_were_stored_is_served_too(
    folder: Path, monkeypatch: pytest.MonkeyPatch, lacking: str
) -> None:
    name = name_in_force(folder)
    stored = ServedModel.load(folder, name).ahead
    monkeypatch.setattr(f"shelfcast.service.served.{lacking}", lambda *arguments: None)
    for output, units in ServedModel.load(folder, name).ahead.items():
        assert (units == stored[output]).all()


@pytest.mark.parametrize("product", [0, -1])
def test_a_stored_forecast_that_the_model_does_not_make_keeps_it_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch, product: int
) -> None:
    right = forecast.forecast_and_memory

    def wrong(*arguments: Any) -> Any:
        said, memory = right(*arguments)
        said["mean"][product, 5] += 1
        return said, memory

    monkeypatch.setattr("shelfcast.kept_model.forecast_and_memory", wrong)
    Forecaster.load(folder, device="cpu").save(folder)
    keeper = ModelKeeper(folder, Metrics())
    keeper.look()
    assert not keeper.is_ready


def test_a_self_test_that_fails_keeps_the_model_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from shelfcast.service.live import LiveCatalog

    right = LiveCatalog.ahead
    monkeypatch.setattr(LiveCatalog, "ahead", lambda *arguments: {k: v + 1 for k, v in right(*arguments).items()})
    keeper = ModelKeeper(folder, Metrics())
    keeper.look()
    assert not keeper.is_ready


def test_the_scores_of_products_are_those_of_the_backtest(folder: Path) -> None:
    served = ServedModel.load(folder, name_in_force(folder))
    assert served.scored.result is not None
    made = served.scored.result.per_product().set_index("unique_id")
    assert served.scores_by_product is not None
    pd.testing.assert_frame_equal(served.scores_by_product, made, check_dtype=False, rtol=1e-6)


def test_forecasts_are_served_before_the_scores_are_read_and_a_change_brings_them_along(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper, ready = ModelKeeper(folder, Metrics()), []
    right = ServedModel.read_scores

    def reading(served: ServedModel) -> None:
        ready.append(keeper.is_ready and keeper.served is served)
        right(served)

    monkeypatch.setattr(ServedModel, "read_scores", reading)
    keeper.look()
    Forecaster.load(folder, device="cpu").save(folder)
    keeper.look()
    assert ready == [True, False]
    assert vars(keeper.served)["scores_by_product"] is not None


def test_scores_that_do_not_belong_together_are_told_while_the_forecasts_are_served(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def torn(self: Forecaster, version: Path) -> None:
        raise ModelFolderError("torn")

    monkeypatch.setattr(Forecaster, "read_scores", torn)
    keeper = ModelKeeper(folder, Metrics())
    keeper.look()
    assert keeper.is_ready
    assert keeper.failure == "ModelFolderError"
