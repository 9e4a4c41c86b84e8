"""What the README shows works as it stands there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from shelfcast.cli import main

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_the_python_lines_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (lines,) = blocks("python")
    exec(compile(lines, "README.md", "exec"), {})
    shown = capsys.readouterr().out
    assert "seasonal_naive" in shown
    assert (tmp_path / "model" / "current").exists()


def test_the_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    main(["sample", "--products", "5", "--days", "80", "--out", "receipts.csv"])
    commands = [shlex.split(line) for block in blocks("sh") for line in block.splitlines()]
    own = [words[1:] for words in commands if words[0] == "shelfcast"]
    assert [words[0] for words in own] == ["check", "train", "forecast", "evaluate"]
    for words in own:
        quick = ["--steps", "20"] if words[0] == "train" else []
        assert main([*words, *quick]) == 0
    assert (tmp_path / "ahead.csv").exists()
    assert {words[0] for words in commands} == {"shelfcast", "./run"}


def test_the_files_it_points_to_exist() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (Path(__file__).parents[1] / target).exists(), target
