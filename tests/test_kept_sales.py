"""A folder whose fingerprints are right and whose contents are not: nothing of it is used."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from shelfcast import Forecaster
from shelfcast.errors import ModelFolderError
from shelfcast.forecast import read_ahead, read_memory
from shelfcast.kept_sales import read_kept_sales
from shelfcast.models.catalog import CatalogModel
from shelfcast.store import (
    FORMAT_VERSION,
    new_version,
    open_version,
    read_json,
    read_tensors,
    write_json,
    write_tensors,
)

FORMAT = Path(__file__).parent / "fixtures" / f"model-format-{FORMAT_VERSION}"


def written(recipe: str, model: Path, name: str, change: Callable[[Any], Any]) -> Path:
    """A model folder in which somebody wrote another file of this name, and a manifest that agrees with it."""
    with new_version(model) as version:
        shutil.copytree(open_version(FORMAT / recipe), version, dirs_exist_ok=True)
        (version / "manifest.json").unlink()
        read, write = (read_json, write_json) if name.endswith(".json") else (read_tensors, write_tensors)
        content = {k: v.clone() if isinstance(v, torch.Tensor) else v for k, v in read(version / name).items()}  # type: ignore[operator]
        (version / name).unlink()
        write(version / name, change(content))  # type: ignore[operator]
    return model


def without(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda content: {key: value for key, value in content.items() if key != name}


def put(**values: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda content: content | values


def changed(name: str, how: Callable[[Any], Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda content: content | {name: how(content[name])}


def test_what_was_written_is_read(tmp_path: Path) -> None:
    model = written("catalog", tmp_path, "sales.safetensors", dict)
    assert read_kept_sales(open_version(model)).covariates is not None
    Forecaster.load(model)


SALES = {
    "no sales": without("sales"),
    "one more": put(more=torch.zeros(3)),
    "doubles": changed("sales", lambda t: t.double()),
    "a flat row": changed("sales", torch.flatten),
    "a number": changed("sales", lambda t: t[0, 0]),
    "a day less": changed("status", lambda t: t[:, 1:].contiguous()),
    "a status that is none": changed("status", lambda t: t + 99),
    "no sales that can be": changed("sales", lambda t: t - 1e6),
    "no number": changed("sales", lambda t: t * torch.nan),
    "a day far away": changed("first_day", lambda t: t * 10**12),
    "whole prices": changed("covariates.prices", lambda t: t.nan_to_num().long()),
    "an unknown covariate": put(**{"covariates.weather": torch.zeros(3)}),
    "a signal without rows": without("covariates.signal_rows.promotion"),
    "rows that point elsewhere": changed("covariates.signal_rows.promotion", lambda t: t + 99),
    "many known days": changed("covariates.known.prices", lambda t: t.repeat(3)),
}


@pytest.mark.parametrize("change", SALES.values(), ids=SALES)
def test_sales_with_other_names_shapes_or_types_are_refused(change: Callable[[Any], Any], tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match=r"sales\.safetensors"):
        Forecaster.load(written("catalog", tmp_path, "sales.safetensors", change))


PRODUCTS = {
    "no products": without("products"),
    "one more": put(more=[]),
    "a text": put(products="coffee"),
    "numbers": changed("products", lambda names: list(range(len(names)))),
    "attributes of others": changed("attributes", lambda facts: {name: values[1:] for name, values in facts.items()}),
    "attributes without names": put(attributes=["a"]),
    "twice the same": changed("products", lambda names: [names[0]] * len(names)),
}


@pytest.mark.parametrize("change", PRODUCTS.values(), ids=PRODUCTS)
def test_products_of_another_form_are_refused(change: Callable[[Any], Any], tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError):
        Forecaster.load(written("catalog", tmp_path, "products.json", change))


def test_a_name_that_would_fill_the_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shelfcast.kept_sales._MOST_TEXT", 100)
    with pytest.raises(ModelFolderError, match="too long"):
        Forecaster.load(written("catalog", tmp_path, "products.json", dict))


OTHERS = {
    "classic of a network too large for any machine": ("classic", "recipe.json", put(hidden=4096, filters=4096)),
    "a setting out of range": ("classic", "recipe.json", put(hidden=10**9)),
    "an unknown setting": ("classic", "recipe.json", put(depth=3)),
    "no recipe": ("classic", "recipe.json", without("recipe")),
    "catalog of another network": ("catalog", "recipe.json", put(hidden=4096)),
    "weights missing": ("catalog", "weights.safetensors", without("network.lstm.weight_hh_l0")),
    "weights more": ("catalog", "weights.safetensors", put(more=torch.zeros(1))),
    "weights of doubles": ("classic", "weights.safetensors", changed("network.dense.bias", lambda t: t.double())),
    "groups of others": ("catalog", "weights.safetensors", changed("groups", lambda t: t + 10**12)),
    "calibration of another shape": ("catalog", "weights.safetensors", changed("calibration", lambda t: t[0].clone())),
    "errors of halves": ("catalog", "cumulated.safetensors", changed("errors", lambda t: t.half())),
    "rules that are none": ("catalog", "tables.json", put(prices="/etc/passwd")),
    "a rule of another name": ("catalog", "tables.json", put(holidays=[3])),
    "scores without a run": ("catalog", "scores.json", without("training")),
    "a run without curves": ("catalog", "scores.json", changed("training", put(curves={}))),
    "curves of texts": ("catalog", "scores.json", changed("training", put(curves={"train": ["a"]}))),
}


@pytest.mark.parametrize(("recipe", "name", "change"), OTHERS.values(), ids=OTHERS)
def test_other_contents_than_a_model_has_are_refused(
    recipe: str, name: str, change: Callable[[Any], Any], tmp_path: Path
) -> None:
    with pytest.raises(ModelFolderError):
        Forecaster.load(written(recipe, tmp_path, name, change))


def test_scores_whose_backtest_is_gone_are_refused(tmp_path: Path) -> None:
    model = written("catalog", tmp_path, "scores.json", dict)
    (tmp_path / "other").mkdir()
    with new_version(tmp_path / "other") as version:
        gone = {"manifest.json", "backtest.safetensors"}
        for path in open_version(model).iterdir():
            if path.name not in gone:
                shutil.copy(path, version)
    with pytest.raises(ModelFolderError, match="not the backtest"):
        Forecaster.load(tmp_path / "other")


AHEAD = {
    "no mean": without("mean"),
    "a day less": changed("mean", lambda t: t[:, 1:].clone()),
    "a product less": changed("median", lambda t: t[1:].clone()),
    "doubles": changed("mean", lambda t: t.double()),
    "no number": changed("hi-95", lambda t: t * torch.nan),
}
MEMORY = {
    "no cell": without("cell"),
    "one more": put(more=torch.zeros(3)),
    "a product less": changed("hidden", lambda t: t[1:].clone()),
    "another network": changed("inputs", lambda t: t[:, 1:].clone()),
    "doubles": changed("cell", lambda t: t.double()),
    "no number": changed("hidden", lambda t: t / 0),
}


@pytest.mark.parametrize("change", AHEAD.values(), ids=AHEAD)
def test_forecasts_that_are_not_the_models_are_refused(change: Callable[[Any], Any], tmp_path: Path) -> None:
    version = open_version(written("catalog", tmp_path, "ahead.safetensors", change))
    forecaster = Forecaster.of_version(version)
    with pytest.raises(ModelFolderError, match=r"ahead\.safetensors"):
        read_ahead(version, len(forecaster.products), forecaster.recipe.horizon)


@pytest.mark.parametrize("change", MEMORY.values(), ids=MEMORY)
def test_a_memory_that_is_not_the_models_is_refused(change: Callable[[Any], Any], tmp_path: Path) -> None:
    version = open_version(written("catalog", tmp_path, "memory.safetensors", change))
    model = Forecaster.of_version(version).model
    assert isinstance(model, CatalogModel)
    with pytest.raises(ModelFolderError, match=r"memory\.safetensors"):
        read_memory(version, model)


def test_forecasts_and_memory_as_written_are_read(tmp_path: Path) -> None:
    version = open_version(written("catalog", tmp_path, "memory.safetensors", dict))
    forecaster = Forecaster.of_version(version)
    assert isinstance(forecaster.model, CatalogModel)
    assert read_memory(version, forecaster.model) is not None
    assert read_ahead(version, len(forecaster.products), forecaster.recipe.horizon) is not None
