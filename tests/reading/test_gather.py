"""Columns in little memory: nothing of what the batches held is lost."""

from __future__ import annotations

import datetime

import pyarrow as pa
import pytest

from shelfcast.reading import gather
from shelfcast.reading.gather import GatheredColumn


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three distinct texts are many."""
    monkeypatch.setattr(gather, "_MANY", 3)


def gathered(*batches: pa.Array) -> pa.Array:
    column = GatheredColumn()
    for batch in batches:
        column.add(batch)
    return column.whole()


def test_texts_share_one_dictionary() -> None:
    whole = gathered(pa.array(["b", None, "a"]), pa.array(["c", "b"]).dictionary_encode(), pa.nulls(1))
    assert whole.to_pylist() == ["b", None, "a", "c", "b", None]
    assert whole.dictionary.to_pylist() == ["b", "a", "c"]


def test_other_types_stay_and_batches_of_several_agree() -> None:
    assert gathered(pa.array([1]), pa.nulls(1), pa.array([2])).type == pa.int64()
    assert gathered(pa.array([1]), pa.array([2.5])).to_pylist() == [1.0, 2.5]
    assert gathered(pa.array([1]), pa.array(["x"]), pa.nulls(1)).to_pylist() == ["1", "x", None]
    assert gathered(pa.array([datetime.date(2024, 1, 2)]), pa.array([3])).to_pylist() == ["2024-01-02", "3"]
    assert gathered(pa.nulls(2)).to_pylist() == [None, None]
    assert gathered().to_pylist() == []


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("layout", ["2024-01-{:02d} 10:00:00", "2024-01-{:02d}T10:30"])
def test_many_time_stamps_are_kept_as_such(layout: str) -> None:
    texts = [layout.format(day) for day in range(1, 30)]
    whole = gathered(pa.array(texts[:2]), pa.array(texts[2:9]), pa.array(texts[9:]))
    assert whole.type == pa.timestamp("s")
    assert [value.day for value in whole.to_pylist()] == list(range(1, 30))


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(
    "odd", ["", "none", "2024-01-01T10:30:00.5", "2024-01-01 10:30:00", "2024-01-01T25:30", "2024-01-01T10:30Z"]
)
def test_what_looked_like_time_stamps_comes_back_as_it_was(odd: str) -> None:
    texts = [f"2024-01-{day:02d}T10:30" for day in range(1, 30)]
    batches = [texts[:2], texts[2:9], texts[9:12], [*texts[12:], odd], texts]
    assert gathered(*map(pa.array, batches)).to_pylist() == [text for batch in batches for text in batch]
    assert gathered(pa.array([odd, *texts]), pa.array(texts)).to_pylist() == [odd, *texts, *texts]
