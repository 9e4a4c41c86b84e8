from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from benchmarks.rows import Rows
from shelfcast.errors import ShelfcastError


def test_what_is_held_is_read_back_and_not_run_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "table.csv"
    first = Rows(path).of({"shop": "a", "seed": 0}, lambda: [{"mae": 0.1 + 0.2}, {"mae": 2.0}])
    rows = Rows(path)
    assert rows.of({"shop": "a", "seed": 0}, lambda: pytest.fail("run again")) == first
    assert rows.of({"shop": "a", "seed": 1}, lambda: [{"mae": 3.0}]) == [{"shop": "a", "seed": 1, "mae": 3.0}]
    assert list(pd.read_csv(path)["mae"]) == [0.1 + 0.2, 2.0, 3.0]


def test_a_run_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    rows = Rows(tmp_path / "table.csv")
    rows.of({"shop": "a"}, lambda: [{"mae": 1.0}])

    def failing() -> list[dict[str, float]]:
        raise ValueError("no more memory")

    with pytest.raises(ValueError, match="memory"):
        rows.of({"shop": "b"}, failing)
    assert [row["shop"] for row in Rows(tmp_path / "table.csv").held] == ["a"]


def test_another_kind_of_file_is_refused_before_anything_is_run(tmp_path: Path) -> None:
    with pytest.raises(ShelfcastError, match=r"\.csv"):
        Rows(tmp_path / "table")
