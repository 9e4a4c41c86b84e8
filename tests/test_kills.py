"""SIGKILL at random moments of training, saving and promoting: what forecasts is the former version or the new one.

Each process is forked from a server that has the imports behind it, so that the kills hit the work.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from shelfcast import Forecaster
from shelfcast.store import name_in_force, open_version, version_names
from shelfcast.versions import promote

pytestmark = pytest.mark.slow

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["shelfcast.forecaster", "shelfcast.cli", "shelfcast.reading", "shelfcast.versions"])
RECIPES = {"classic": ["--epochs", "150"], "catalog": ["--steps", "40"]}


def run(words: list[str]) -> None:
    """A command of the command line, in this process; the report, which takes longer than all else, is not drawn."""
    torch.set_num_threads(1)
    from shelfcast.cli import main
    from shelfcast.report import page

    page.write_report = lambda version, content: None  # type: ignore[assignment]
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115  ends with the process
    sys.exit(main(words))


def save_again(model: Path) -> None:
    torch.set_num_threads(1)
    from shelfcast.report import page

    page.write_report = lambda version, content: None  # type: ignore[assignment]
    Forecaster.load(model, device="cpu").save(model)


def promote_again(model: Path) -> None:
    """Over and over: one takes no longer than a kill is late."""
    for name in (random.Random(0).choice(version_names(model)) for _ in range(300)):
        promote(model, name)


def seconds(work: Callable[..., None], *arguments: object) -> float:
    """How long it takes, to its end."""
    process, begun = SERVER.Process(target=work, args=arguments), time.monotonic()
    process.start()
    process.join()
    assert process.exitcode == 0
    return time.monotonic() - begun


def killed(after: float, work: Callable[..., None], *arguments: object) -> bool:
    """Whether the kill came before the end."""
    process = SERVER.Process(target=work, args=arguments)
    process.start()
    process.join(after)
    process.kill()
    process.join()
    assert process.exitcode in (0, -9)
    return process.exitcode == -9


def forecasts_of(model: Path) -> str:
    table = Forecaster.load(model, device="cpu").predict().to_csv(index=False)
    return hashlib.sha256(table.encode()).hexdigest()


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    from shelfcast.cli import main

    assert main(["sample", "--products", "8", "--days", "120", "--out", str(tmp_path / "shop.csv")]) == 0
    return tmp_path / "shop.csv"


def training(shop: Path, recipe: str, *more: object) -> list[str]:
    return ["train", str(shop), "--recipe", recipe, *RECIPES[recipe], "--test-days", "7", *map(str, more)]


def test_a_hundred_kills_and_the_former_version_or_the_new_one_forecasts(shop: Path, tmp_path: Path) -> None:
    model, draws, hits, former_served = tmp_path / "model", random.Random(0), 0, 0
    commands = [training(shop, "classic", "--seed", seed, "--out", model) for seed in (0, 1)]
    expected = []
    for command in commands:
        took = seconds(run, command)
        expected.append(forecasts_of(model))
    assert expected[0] != expected[1]
    works = [(run, command, took) for command in commands]
    works += [(save_again, model, seconds(save_again, model)), (promote_again, model, seconds(promote_again, model))]
    while hits < 100:  # those that came before the end
        work, argument, long = works[hits % len(works)]
        former = name_in_force(model)
        hits += killed(draws.uniform(0, long), work, argument)
        former_served += name_in_force(model) == former
        for name in version_names(model):
            open_version(model, name)
        assert forecasts_of(model) in expected
        others = {path.name for path in model.iterdir() if not path.name.startswith(".unfinished-current-")}
        assert others <= {"current", "versions", "checkpoint"}
    print(f"100 kills: {former_served} left the former version in force; versions: {len(version_names(model))}")


@pytest.mark.parametrize("recipe", RECIPES)
def test_twenty_kills_of_a_training_that_goes_on_and_the_same_bits(recipe: str, shop: Path, tmp_path: Path) -> None:
    whole, model, draws = tmp_path / "whole", tmp_path / "model", random.Random(0)
    took = seconds(run, training(shop, recipe, "--out", whole))
    resumed = training(shop, recipe, "--out", model, "--resume", "--checkpoint-minutes", "0")
    hits, began_with = 0, 0
    while hits < 20:
        began_with += (model / "checkpoint").is_dir()
        hits += killed(draws.uniform(0, took), run, resumed)
    seconds(run, resumed)
    print(f"{recipe}: 20 kills, {began_with} starts from a checkpoint, {len(version_names(model))} versions made")
    one, other = (Forecaster.load(folder, device="cpu").model.to_tensors() for folder in (whole, model))
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert forecasts_of(whole) == forecasts_of(model)
    assert not (model / "checkpoint").exists()


def test_ten_runs_and_one_hash_of_the_forecasts(shop: Path, tmp_path: Path) -> None:
    hashes = set()
    for place in range(10):
        model = tmp_path / str(place)
        words = training(shop, "catalog", "--out", model), ["forecast", str(model), "--out", str(model / "ahead.csv")]
        code = f"from shelfcast.cli import main\nfor words in {words!r}: assert main(words) == 0"
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
        hashes.add(hashlib.sha256((model / "ahead.csv").read_bytes()).hexdigest())
    assert len(hashes) == 1
