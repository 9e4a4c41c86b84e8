"""The service follows its model folder, and a bad version never comes into force."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from service_helpers import undrawn

from shelfcast import Forecaster
from shelfcast.service.keeper import ModelKeeper
from shelfcast.service.ledger import SalesLedger
from shelfcast.service.metrics import Metrics
from shelfcast.service.served import ServedModel
from shelfcast.service.settings import ServiceError


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


def test_what_was_prepared_is_used_by_the_next_start(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = ServedModel.load(folder)
    monkeypatch.setattr("shelfcast.service.served.LiveCatalog.prepare", None)
    again = ServedModel.load(folder)
    for name, values in first.ahead.items():
        assert (again.ahead[name] == values).all()


def test_a_self_test_that_fails_keeps_the_model_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from shelfcast.service.live import LiveCatalog

    ServedModel.load(folder)
    right = LiveCatalog.ahead
    monkeypatch.setattr(LiveCatalog, "ahead", lambda *arguments: {k: v + 1 for k, v in right(*arguments).items()})
    keeper = ModelKeeper(folder, Metrics())
    keeper.look()
    assert not keeper.is_ready


def test_a_database_that_cannot_be_opened_is_an_error_without_its_url(tmp_path: Path) -> None:
    for url in ("mysql://u:secret@host/x", "nonsense", f"sqlite:///{tmp_path}/absent/x.sqlite3"):
        with pytest.raises(ServiceError) as error:
            SalesLedger(url)
        assert "secret" not in str(error.value)
