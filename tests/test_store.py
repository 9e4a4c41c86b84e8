from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest

from shelfcast.errors import ModelFolderError
from shelfcast.store import new_version, open_version


def write(model: Path, text: str) -> None:
    with new_version(model) as version:
        (version / "one.txt").write_text(text)
        (version / "two.bin").write_bytes(bytes(range(256)))


def test_the_newest_version_is_in_force_and_older_ones_stay(tmp_path: Path) -> None:
    write(tmp_path, "first")
    first = open_version(tmp_path)
    write(tmp_path, "second")
    assert (open_version(tmp_path) / "one.txt").read_text() == "second"
    assert (first / "one.txt").read_text() == "first"
    assert (tmp_path / "current").read_text() == open_version(tmp_path).name + "\n"


def test_a_version_that_fails_half_way_leaves_the_former_in_force(tmp_path: Path) -> None:
    write(tmp_path, "first")
    with suppress(ZeroDivisionError), new_version(tmp_path) as version:
        (version / "one.txt").write_text("half")
        raise ZeroDivisionError
    assert (open_version(tmp_path) / "one.txt").read_text() == "first"
    assert len(list((tmp_path / "versions").iterdir())) == 1


@pytest.mark.parametrize("position", [0, 100, 255])
def test_a_flipped_byte_is_found(tmp_path: Path, position: int) -> None:
    write(tmp_path, "text")
    path = open_version(tmp_path) / "two.bin"
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(ModelFolderError, match=r"two\.bin is damaged"):
        open_version(tmp_path)


def test_a_missing_and_an_added_file_are_found(tmp_path: Path) -> None:
    write(tmp_path, "text")
    version = open_version(tmp_path)
    (version / "three.txt").write_text("not mine")
    with pytest.raises(ModelFolderError, match=r"three\.txt is not in the manifest"):
        open_version(tmp_path)
    (version / "three.txt").unlink()
    (version / "one.txt").unlink()
    with pytest.raises(ModelFolderError, match=r"one\.txt is missing"):
        open_version(tmp_path)


def test_a_later_format_is_refused_with_a_way_out(tmp_path: Path) -> None:
    write(tmp_path, "text")
    manifest = open_version(tmp_path) / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "format_version": 99}))
    with pytest.raises(ModelFolderError, match="99"):
        open_version(tmp_path)


@pytest.mark.parametrize("current", [None, "", "../versions", "absent", "\x00"])
def test_a_folder_without_a_version_in_force_is_an_error(tmp_path: Path, current: str | None) -> None:
    write(tmp_path, "text")
    if current is None:
        (tmp_path / "current").unlink()
    else:
        (tmp_path / "current").write_text(current)
    with pytest.raises(ModelFolderError):
        open_version(tmp_path)


def test_a_folder_that_cannot_be_written_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "model").write_text("a file stands where the folder should be")
    with pytest.raises(ModelFolderError, match="model"):
        write(tmp_path / "model", "text")
