"""A full disk, a file-size limit and a read-only folder: an error that names the file, and nothing half-written."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from shelfcast import Forecaster
from shelfcast.cli import main
from shelfcast.errors import ShelfcastError
from shelfcast.store import FORMAT_VERSION, open_version, version_names

FORMAT = Path(__file__).parent / "fixtures" / f"model-format-{FORMAT_VERSION}"


@pytest.fixture(autouse=True)
def _undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Saves without drawing the report, which takes seconds."""
    monkeypatch.setattr("shelfcast.report.page.write_report", lambda folder, content: None)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a shop's sales and its stock."""
    folder = tmp_path_factory.mktemp("shop")
    assert main(["sample", "--products", "4", "--days", "90", "--out", str(folder / "shop.csv")]) == 0
    names = sorted(set(pd.read_csv(folder / "shop.csv")["unique_id"]))
    pd.DataFrame({"unique_id": names, "on_hand": 1}).to_csv(folder / "stock.csv", index=False)
    return folder


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB of its own, with a model folder."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only Linux's root can mount a file system")
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", place], check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        shutil.copytree(FORMAT / "classic", place / "model")
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)  # a mapped file may be in use


def commands(shop: Path, place: Path) -> dict[str, list[str]]:
    train = ["train", shop / "shop.csv", "--recipe", "classic", "--epochs", "2", "--out", place / "model"]
    forecast = ["forecast", FORMAT / "classic", "--out", place / "ahead.csv"]
    order = ["order", FORMAT / "catalog", "--stock", shop / "stock.csv", "--out", place / "orders.csv"]
    return {command[0]: [str(word) for word in command] for command in (train, forecast, order)}  # type: ignore[misc]


def files_in(place: Path) -> set[str]:
    """All but whole checkpoints, from which the training can go on when there is room."""
    every = {str(path.relative_to(place)) for path in place.rglob("*")}
    return {name for name in every if not re.fullmatch(r"model/checkpoint(/[a-z-]+\.safetensors)?", name)}


def refused(command: list[str], place: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Runs a command that must fail, leave everything as it was and name a file of the place; says which."""
    before, former = files_in(place), (place / "model" / "current").read_bytes()
    capsys.readouterr()
    assert main(command) == 2
    said = capsys.readouterr().err
    assert files_in(place) == before
    assert (place / "model" / "current").read_bytes() == former
    open_version(place / "model")
    named = re.search(rf"{re.escape(str(place))}/(\S+) could not be written", said)
    assert named, said
    return named[1]


@contextlib.contextmanager
def free(place: Path, left: int) -> Iterator[None]:
    """The disk is full but for so many bytes."""
    filler = place.parent / "disk" / "filler"
    with filler.open("wb") as file:
        room = os.statvfs(place)
        file.write(bytes(max(room.f_bavail * room.f_frsize - left, 0)))
    try:
        yield
    finally:
        filler.unlink()


def test_on_a_full_disk_training_names_the_file_and_leaves_the_former_version(
    shop: Path, disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with free(disk, 0):
        assert refused(commands(shop, disk)["train"], disk, capsys) == "model/checkpoint/scored.safetensors"
    assert main(commands(shop, disk)["train"]) == 0  # there is room again
    assert len(version_names(disk / "model")) == 2


def test_whichever_file_finds_the_disk_full_is_named(disk: Path) -> None:
    forecaster, named, before = Forecaster.load(FORMAT / "classic", device="cpu"), set(), files_in(disk)
    for left in range(0, 96_000, 4096):
        with free(disk, left):
            try:
                forecaster.save(disk / "model")
                break
            except ShelfcastError as error:
                named.add(str(error).split(" could not be written")[0].split("/")[-1])
        assert files_in(disk) == before
        open_version(disk / "model")
    assert len(named) >= 4, named
    assert len(version_names(disk / "model")) == 2


@pytest.mark.parametrize("command", ["forecast", "order"])
def test_on_a_full_disk_a_table_is_whole_or_what_it_was(
    command: str, shop: Path, disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = commands(shop, disk)[command]
    target = Path(words[-1])
    target.write_text("what was there")
    with free(disk, 0):
        assert refused(words, disk, capsys) == target.name
    assert target.read_text() == "what was there"
    assert main(words) == 0


@pytest.mark.parametrize("command", ["train", "forecast", "order"])
def test_in_a_read_only_folder_the_message_names_the_file(
    command: str, shop: Path, disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    assert refused(commands(shop, disk)[command], disk, capsys)


@pytest.mark.parametrize("command", ["train", "forecast", "order"])
def test_a_file_that_may_not_grow_is_an_error_that_names_it(
    command: str, shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    resource = pytest.importorskip("resource", reason="Windows has no limit on the size of a file")
    shutil.copytree(FORMAT / "classic", tmp_path / "model")
    words = commands(shop, tmp_path)[command]
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200 if command != "train" else 1000, before[1]))
    try:
        assert refused(words, tmp_path, capsys)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
