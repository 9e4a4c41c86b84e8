"""A training that was killed goes on from its checkpoint and ends with the same bits."""

from __future__ import annotations

import itertools
import random
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from shelfcast import Forecaster, Panel, checkpoint, sample_shop
from shelfcast.checkpoint import Checkpoint, Checkpoints, Standing
from shelfcast.errors import ModelFolderError

SETTINGS = {
    "catalog": {"steps": 6, "seq_len": 14, "batch_size": 4},
    "classic": {"epochs": 3, "filters": 4, "hidden": 4},
}


def shop() -> Panel:
    return sample_shop(products=6, days=120).panel


def weights(forecaster: Forecaster) -> dict[str, torch.Tensor]:
    return forecaster.model.to_tensors()


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


class Killed(BaseException):
    """What no part of the house catches."""


@pytest.mark.parametrize("recipe", SETTINGS)
def test_a_killed_training_ends_with_the_same_bits(
    recipe: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Forecaster(recipe, **SETTINGS[recipe]).fit(shop(), 14)
    save = Checkpoint.save
    for moment in itertools.count(1, 4):
        left = iter(range(moment))

        def save_and_die(self: Checkpoint, standing: Standing, left: itertools.count[int] = left) -> None:  # type: ignore[assignment]
            save(self, standing)
            if next(left, None) is None:
                raise Killed

        model = tmp_path / str(moment)
        with monkeypatch.context() as patched:
            patched.setattr(Checkpoint, "save", save_and_die)
            try:
                Forecaster(recipe, **SETTINGS[recipe]).fit(shop(), 14, checkpoints=Checkpoints(model, 0))
                break  # it came to its end before the moment
            except Killed:
                pass
        again = Forecaster(recipe, **SETTINGS[recipe])
        again.fit(shop(), 14, checkpoints=Checkpoints(model, 0, resume=True))
        assert same(weights(again), weights(whole))
        assert again.run == whole.run
    assert moment > 4


def test_a_resumed_training_does_not_begin_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Forecaster("catalog", **SETTINGS["catalog"]).fit(shop(), 14, checkpoints=Checkpoints(tmp_path, 60))

    def fail(*arguments: object) -> None:
        raise AssertionError("a step was run again")

    monkeypatch.setattr("shelfcast.models.catalog_training._step_loss", fail)
    Forecaster("catalog", **SETTINGS["catalog"]).fit(shop(), 14, checkpoints=Checkpoints(tmp_path, 60, resume=True))


@pytest.mark.parametrize("change", ["sales", "settings", "test days", "code"])
def test_a_checkpoint_of_something_else_is_refused(
    change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Forecaster("classic", **SETTINGS["classic"]).fit(shop(), 14, checkpoints=Checkpoints(tmp_path, 60))
    panel, settings, days = shop(), dict(SETTINGS["classic"]), 14
    if change == "sales":
        sales = panel.sales.copy()
        sales[0, 0] += 1
        panel = Panel.of(sales, panel.dates, panel.products, panel.status, panel.attributes)
    elif change == "settings":
        settings["hidden"] = 5
    elif change == "code":
        copy, code = tmp_path / "package", checkpoint._code()
        shutil.copytree(Path(checkpoint.__file__).parent, copy)
        monkeypatch.setattr(checkpoint, "__file__", str(copy / "checkpoint.py"))
        (copy / "#lock.py").symlink_to("nobody")  # as editors write them
        assert checkpoint._code() == code
        with (copy / "models" / "course.py").open("a") as file:
            file.write("# another thought\n")
    else:
        days = 15
    with pytest.raises(ModelFolderError, match="other sales, settings or test days"):
        Forecaster("classic", **settings).fit(panel, days, checkpoints=Checkpoints(tmp_path, 60, resume=True))


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "a number"])
def test_a_damaged_checkpoint_is_an_error(damage: str, tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "run.safetensors", 1, True, "this")
    checkpoint.save(Standing({"x": torch.arange(5)}, {"step": 3}))
    stored = (tmp_path / "run.safetensors").read_bytes()
    other = stored[:-3] + bytes([stored[-3] ^ 1]) + stored[-2:]
    changed = {"cut": stored[:-4], "flipped": b"\xff" + stored[1:], "empty": b"", "a number": other}[damage]
    (tmp_path / "run.safetensors").write_bytes(changed)
    with pytest.raises(ModelFolderError, match=r"run\.safetensors (cannot be read|is damaged)"):
        checkpoint.load()


def test_a_checkpoint_holds_numbers_to_the_bit(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "run.safetensors", 1, True, "this")
    numbers = [random.random() for _ in range(100)] + [float("inf"), 1e-320]
    checkpoint.save(Standing({"x": torch.tensor(np.random.default_rng(0).random(9))}, {"numbers": numbers}))
    found = checkpoint.load()
    assert found is not None
    assert found.told["numbers"] == numbers


def test_a_checkpoint_that_cannot_be_written_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelFolderError, match=r"file.run\.safetensors could not be written"):
        Checkpoint(tmp_path / "file" / "run.safetensors", 1, False, "").save(Standing({}, {}))
