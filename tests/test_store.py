from __future__ import annotations

import json
import random
import shutil
from contextlib import suppress
from pathlib import Path

import pytest
import torch

from shelfcast import Forecaster
from shelfcast.errors import ModelFolderError
from shelfcast.store import (
    FORMAT_VERSION,
    new_version,
    open_version,
    read_json,
    read_tensors,
    write_json,
    write_tensors,
)

MODEL = Path(__file__).parent / "fixtures" / f"model-format-{FORMAT_VERSION}" / "catalog"
FLIPS, CUTS = 1000, 100


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


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return Path(shutil.copytree(MODEL, tmp_path / "model"))


def files_of(model: Path) -> list[Path]:
    """All that the version in force stands on."""
    return [model / "current", *sorted(open_version(model).iterdir())]


def drawn(files: list[Path], count: int, draws: random.Random) -> list[Path]:
    """Each file some times, the larger ones more often."""
    every = files * (count // 4 // len(files))
    return every + draws.choices(files, [path.stat().st_size for path in files], k=count - len(every))


def test_each_of_a_thousand_flipped_bytes_is_found_before_anything_is_used(model: Path) -> None:
    draws, files = random.Random(0), files_of(model)
    for path in drawn(files, FLIPS, draws):
        whole = path.read_bytes()
        place = draws.randrange(len(whole))
        path.write_bytes(whole[:place] + bytes([whole[place] ^ draws.randrange(1, 256)]) + whole[place + 1 :])
        with pytest.raises(ModelFolderError):
            open_version(model)
        path.write_bytes(whole)
    open_version(model)


def test_each_of_a_hundred_truncations_is_found_before_anything_is_used(model: Path) -> None:
    draws, files = random.Random(0), files_of(model)
    for path in drawn(files, CUTS, draws):
        whole = path.read_bytes()
        path.write_bytes(whole[: draws.randrange(len(whole))])
        with pytest.raises(ModelFolderError):
            open_version(model)
        path.write_bytes(whole)
    open_version(model)


def test_each_bit_of_the_file_current_counts(model: Path) -> None:
    path = model / "current"
    whole = path.read_bytes()
    changed = [whole[:end] for end in range(len(whole))] + [whole + b"\n", b" " + whole]
    changed += [
        whole[:i] + bytes([whole[i] ^ 1 << bit]) + whole[i + 1 :] for i in range(len(whole)) for bit in range(8)
    ]
    for content in changed:
        path.write_bytes(content)
        with pytest.raises(ModelFolderError, match="current is damaged"):
            open_version(model)


def test_loading_names_the_damaged_file_and_reads_nothing_of_it(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for reader in ("read_text", "read_json", "read_tensors", "read_backtest", "read_kept_sales"):
        monkeypatch.setattr(f"shelfcast.kept_model.{reader}", None)
    for path in files_of(model):
        whole = path.read_bytes()
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 4]))
        with pytest.raises(ModelFolderError) as raised:
            Forecaster.load(model)
        assert str(path) in str(raised.value)
        path.write_bytes(whole)


@pytest.mark.parametrize("change", [b"  \n", b"\n\n", b""])
def test_white_space_in_the_manifest_counts(tmp_path: Path, change: bytes) -> None:
    write(tmp_path, "text")
    manifest = open_version(tmp_path) / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().rstrip() + change)
    with pytest.raises(ModelFolderError, match=r"manifest\.json is damaged"):
        open_version(tmp_path)


def test_a_file_larger_than_any_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shelfcast.store.MOST_JSON", 10)
    monkeypatch.setattr("shelfcast.store.MOST_TENSORS", 10)
    write_json(tmp_path / "a.json", [0] * 10)
    write_tensors(tmp_path / "a.safetensors", {"a": torch.zeros(3)})
    with pytest.raises(ModelFolderError, match=r"a\.json has 53 bytes; no more than 10 are read"):
        read_json(tmp_path / "a.json")
    with pytest.raises(ModelFolderError, match=r"a\.safetensors has .* no more than 10 are read"):
        read_tensors(tmp_path / "a.safetensors")


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
