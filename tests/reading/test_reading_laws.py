"""Laws of the door on random tables: units are conserved, and dirt is an error that says where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shelfcast.errors import ShelfcastError
from shelfcast.panel import Panel
from shelfcast.reading import read_sales

CLEAN_ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a", " a", "b", "001", "1", "ü/x", "🍵"]),
        st.dates(pd.Timestamp("2024-01-01").date(), pd.Timestamp("2024-03-01").date()),
        st.floats(-1e6, 1e6, width=32) | st.integers(-99, 99),
    ),
    min_size=1,
    max_size=30,
)
DIRT = st.one_of(
    st.text(max_size=12),
    st.none(),
    st.floats(),
    st.integers(-(2**80), 2**80),
    st.booleans(),
    st.datetimes(),
    st.dates(),
    st.binary(max_size=4),
    st.sampled_from(["9999-12-31", "0000-00-00", "1e999", "=1+1", "-", "\ud800", "\0", [1], {}, pd.NaT, pd.NA]),
)
USUAL = {
    "date": st.sampled_from(["2024-01-01", "2024-01-02 10:00", "2024/1/5", "20240103"]),
    "item": st.sampled_from(["a", "b", 7, " a"]),
    "quantity": st.sampled_from(["3", 4, 2.5, "-1", 0]),
}


def check_panel(panel: Panel) -> None:
    assert np.isfinite(panel.sales).all()
    assert panel.sales.min() >= 0
    assert panel.sales.shape == panel.status.shape == (len(panel.products), len(panel.dates))


def slow_panel(rows: list[tuple[str, Any, float]]) -> tuple[dict[tuple[str, str], float], float]:
    """The obvious twin: units of each product and day, and what was below zero."""
    sums: dict[tuple[str, str], float] = {}
    for name, day, units in rows:
        sums[name.strip(), str(day)] = sums.get((name.strip(), str(day)), 0.0) + units
    return {key: max(v, 0.0) for key, v in sums.items()}, -sum(v for v in sums.values() if v < 0)


@settings(max_examples=100, deadline=None)
@given(CLEAN_ROWS, st.booleans())
def test_units_are_conserved_and_equal_the_slow_twin(rows: list[tuple[str, Any, float]], cut: bool) -> None:
    days = sorted({day for _, day, _ in rows})
    until = days[-2] if cut and len(days) > 2 else days[-1]
    kept = [row for row in rows if row[1] <= until]
    frame = pd.DataFrame(rows, columns=["item", "date", "quantity"])
    if len(days) == 1:
        with pytest.raises(ShelfcastError, match="one day"):
            read_sales(frame)
        return
    if 2 * sum(units < 0 for *_, units in kept) > sum(units != 0 for *_, units in kept):
        with pytest.raises(ShelfcastError, match="most of the units"):
            read_sales(frame, until=str(until), returns="net")
        return
    panel, report = read_sales(frame, until=str(until), returns="net")
    check_panel(panel)
    sums, below = slow_panel(kept)
    scale = 1 + sum(abs(units) for _, _, units in rows)
    found = {
        (name, str(day)): float(panel.sales[n, t])
        for n, name in enumerate(panel.products.tolist())
        for t, day in enumerate(panel.dates)
    }
    for key, units in found.items():
        assert units == pytest.approx(sums.get(key, 0.0), abs=1e-6 * scale)
    assert report.units_below_zero == pytest.approx(below, abs=1e-6 * scale)
    assert report.units_read == pytest.approx(sum(units for _, _, units in rows), abs=1e-6 * scale)
    assert report.units == pytest.approx(report.balance, abs=1e-6 * scale)
    assert report.rows == len(rows)
    assert report.rows_after_until == len(rows) - len(kept)
    assert report.filled == panel.sales.size - len(sums)
    assert report.rows_summed == len(kept) - len(sums)


@settings(max_examples=100, deadline=None)
@given(
    rows=st.lists(st.fixed_dictionaries(USUAL), max_size=6),
    dirt=st.lists(st.tuples(st.integers(0, 5), st.sampled_from([*USUAL, "other"]), DIRT), max_size=2),
    other=st.sampled_from(["time", "note", "store", "date", "Sku", ""]),
)
def test_a_dirty_frame_is_a_panel_or_an_error_that_says_where(
    rows: list[dict[str, Any]], dirt: list[tuple[int, str, Any]], other: str
) -> None:
    rows = [row | {"other": "x"} for row in rows]
    for at, column, value in dirt:
        if at < len(rows):
            rows[at][column] = value
    frame = pd.DataFrame(rows, columns=[*USUAL, "other"], dtype=object)
    check(frame.set_axis([*USUAL, other], axis=1))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    header=st.sampled_from(["date,item,quantity", "date;item;quantity", "ds,y,unique_id", "date,item,item,quantity"]),
    rows=st.lists(
        st.lists(
            st.sampled_from(["2024-01-01", "2024-01-02", "2024-01-03 10:00", "3", "2.5", "-1", "a", "b"])
            | st.text(max_size=6)
            | st.sampled_from(['"', '"a\nb"', '"x""y"', "\r", "\0", " ", "nan", "é", "9999-12-31"]),
            min_size=2,
            max_size=4,
        ),
        max_size=6,
    ),
    encoding=st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "latin-1", "utf-16"]),
    end=st.sampled_from(["\n", "\r\n", ""]),
)
def test_a_dirty_file_is_a_panel_or_an_error_that_says_where(
    tmp_path: Path, header: str, rows: list[list[str]], encoding: str, end: str
) -> None:
    text = "\n".join([header, *(",".join(row) for row in rows)]) + end
    path = tmp_path / "dirty.csv"
    path.write_bytes(text.encode(encoding, errors="replace"))
    check(path)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.sampled_from([b"", b"PAR1", b"\x1f\x8b\x08", b"date,item,quantity\n"]),
    rubbish=st.binary(max_size=200),
)
def test_rubbish_is_an_error(tmp_path: Path, start: bytes, rubbish: bytes) -> None:
    path = tmp_path / "rubbish"
    path.write_bytes(start + rubbish)
    with pytest.raises(ShelfcastError, match="rubbish"):
        read_sales(path)


def check(source: pd.DataFrame | Path) -> None:
    error = None
    try:
        panel, report = read_sales(source)
    except ShelfcastError as caught:
        error = caught
    if error is None:
        check_panel(panel)
        assert report.units == pytest.approx(report.balance, rel=1e-6, abs=1e-6)
        assert all(line.isprintable() for line in report.lines())
    else:
        places = ("row ", "line ", "column", "dirty.csv", "one day", "no rows")
        assert any(place in error.problem for place in places), error.problem
        assert error.problem.isprintable()
        assert error.way_out
