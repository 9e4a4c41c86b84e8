"""Versions are listed, promoted and pruned, and what forecasts is never lost."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

import pytest

from shelfcast.cli import main
from shelfcast.errors import ModelFolderError
from shelfcast.store import name_in_force, new_version, open_version, version_names
from shelfcast.versions import list_versions, promote, prune


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four versions, of one second each; the second one has no scores."""
    for second in range(4):
        with new_version(tmp_path) as version:
            (version / "recipe.json").write_text(json.dumps({"recipe": "classic"}))
            if second != 1:
                (version / "scores.json").write_text(json.dumps({"scores": [{"mae": second + 0.5}]}))
        made = open_version(tmp_path)
        name = f"2024010{second + 1}T000000-{made.name[-6:]}"
        made.rename(made.with_name(name))
        (tmp_path / "current").write_text(f"{name}\n")
    return tmp_path


def test_versions_tell_day_recipe_error_and_which_is_in_force(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    versions = list_versions(model)
    assert [version.name for version in versions] == version_names(model)
    assert [f"{version.made:%Y-%m-%d}" for version in versions] == [f"2024-01-0{day}" for day in (1, 2, 3, 4)]
    assert [version.mae for version in versions] == [0.5, None, 2.5, 3.5]
    assert [version.in_force for version in versions] == [False, False, False, True]
    (model / "versions" / versions[2].name / "recipe.json").write_text("no recipe")
    assert main(["versions", str(model)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ", 1)[1] for line in lines] == [
        "2024-01-01  classic  test MAE 0.5",
        "2024-01-02  classic  no test MAE",
        "2024-01-03  cannot be read  no test MAE",
        "2024-01-04  classic  test MAE 3.5  in force",
    ]
    (model / "current").write_text("damaged")
    assert not any(version.in_force for version in list_versions(model))
    assert main(["versions", str(model / "versions")]) == 2


def test_an_older_version_is_promoted_and_saving_puts_a_newer_one_in_force(model: Path) -> None:
    first = version_names(model)[0]
    assert main(["promote", str(model), first]) == 0
    assert name_in_force(model) == first
    with new_version(model) as version:
        (version / "recipe.json").write_text("{}")
    assert name_in_force(model) == version_names(model)[-1]
    assert sorted(path.name for path in model.iterdir()) == ["current", "versions"]


@pytest.mark.parametrize("damage", ["a byte", "absent", "a path", "unfinished"])
def test_a_damaged_version_is_not_promoted(damage: str, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, *_, last = version_names(model)
    if damage == "a byte":
        (model / "versions" / first / "scores.json").write_text('{"scores": [{"mae": 0.1}]}')
    name = {"a byte": first, "absent": "20200101T000000-abcdef", "a path": "../versions", "unfinished": ".unfinished-x"}
    assert main(["promote", str(model), name[damage]]) == 2
    assert ("scores.json is damaged" if damage == "a byte" else "has no version") in capsys.readouterr().err
    assert name_in_force(model) == last


def test_the_oldest_versions_go_and_the_one_in_force_stays(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = version_names(model)
    promote(model, names[1])
    assert main(["prune", str(model), "--keep", "1"]) == 0
    assert capsys.readouterr().out.splitlines() == [f"removed  {names[0]}", f"removed  {names[2]}"]
    assert version_names(model) == [names[1], names[3]]
    open_version(model)
    assert prune(model, 1) == []
    with pytest.raises(ModelFolderError, match="Keep 1 or more"):
        prune(model, 0)
    (model / "current").unlink()
    with pytest.raises(ModelFolderError):
        prune(model, 1)
    assert version_names(model) == [names[1], names[3]]


def test_only_what_was_left_unfinished_a_day_ago_is_removed(model: Path) -> None:
    versions = model / "versions"
    (versions / ".unfinished-old").mkdir()
    (versions / ".unfinished-old" / "half.json").write_text("{")
    (model / ".unfinished-current-old").write_text("")
    (versions / ".unfinished-new").mkdir()
    yesterday = time.time() - 90_000
    for path in (versions / ".unfinished-old", model / ".unfinished-current-old"):
        os.utime(path, (yesterday, yesterday))
    assert prune(model, 9) == [".unfinished-current-old", ".unfinished-old"]
    assert (versions / ".unfinished-new").is_dir()
    assert len(version_names(model)) == 4


def test_a_version_is_out_of_the_way_before_the_first_of_its_files_goes(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(path: Path) -> None:
        raise Killed

    monkeypatch.setattr(shutil, "rmtree", die)
    before = version_names(model)
    with pytest.raises(Killed):
        prune(model, 3)
    assert version_names(model) == before[1:]
    open_version(model)
