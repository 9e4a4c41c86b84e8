"""Whole tables with all the dirt that shops have: finite forecasts, or an error that says where and what to do.

One example is a CSV (its layout, encoding, packing, separator, dates, numbers, ids and cells are drawn), a sheet, a
Parquet file, or a frame of pandas, Polars or Arrow.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest
import torch
from attack_tables import arrow_of, files, frame_of, typed, write_sheet
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from shelfcast import Forecaster
from shelfcast.check import check_sales
from shelfcast.cli import main
from shelfcast.errors import HistoryError, ShelfcastError, ValueInRowError
from shelfcast.features.feasts import Feasts
from shelfcast.models import catalog
from shelfcast.models.calibration import Calibration
from shelfcast.panel import Panel
from shelfcast.reading import read_sales
from shelfcast.reading.source import Column
from shelfcast.reading.values import read_units
from shelfcast.recipe import CatalogRecipe

TINY_SETTINGS = {"seq_len": 8, "filters": 4, "hidden": 4, "head": 4, "steps": 1, "batch_size": 2, "horizon": 3}
TINY = CatalogRecipe(**TINY_SETTINGS)


def forecast(panel: Panel) -> None:
    """An untrained network's forecasts: finite, never negative."""
    groups = catalog.group_rows(panel)
    names = panel.covariate_names
    network = catalog._new_network(TINY, len(panel.products), groups, names, Feasts.none())
    device = torch.device("cpu")
    model = catalog.CatalogModel(
        TINY, panel.products, groups, names, network, Calibration.none(), panel.dates[[0, -1]], Feasts.none(), device
    )
    for values in model.ahead(panel, 3).values():
        assert np.isfinite(values).all()
        assert values.min() >= 0


def attack(source: object, then: Callable[[Panel], None] = forecast) -> str | None:
    """Reads and checks what a source holds, and goes on with it; the error's class where it is refused."""
    refused = None
    try:
        panel, report = read_sales(source)  # type: ignore[arg-type]
        lines = check_sales(panel, report).lines()
    except ShelfcastError as error:
        refused = error
    if refused is not None:
        of_a_row = isinstance(refused, ValueInRowError)
        name = Path(source).name if isinstance(source, Path) else "the data frame"
        places = ("row ", "line ") if of_a_row else ("row ", "line ", "column", name)
        assert any(place in refused.problem for place in places), refused.problem
        assert refused.problem.isprintable(), refused.problem
        assert refused.way_out, refused.problem
        return type(refused).__name__
    assert all(line.isprintable() for line in lines)
    assert np.isfinite(panel.sales).all()
    assert panel.sales.min() >= 0
    assert report.units == pytest.approx(report.balance, rel=1e-6, abs=1e-6)
    then(panel)
    return None


def train(panel: Panel) -> None:
    """A step of training and what it forecasts; a history that is too short is said to be."""
    forecaster = Forecaster("catalog", device="cpu", **TINY_SETTINGS)
    with contextlib.suppress(HistoryError):
        forecaster.fit(panel)
    if forecaster.result is None:
        return
    values = forecaster.predict(horizon=3)[["mean", "median", "lo-80", "hi-95"]].to_numpy()
    assert np.isfinite(values).all()
    assert values.min() >= 0


Kept = tuple[str, list[str], list[list[object]]]


@st.composite
def kept(draw: st.DrawFn) -> bytes | Kept:
    """A CSV, or a table and what it is kept in."""
    if draw(st.booleans()):
        return draw(files())
    return (draw(st.sampled_from(["sheet", "Parquet", "pandas", "Polars", "Arrow"])), *draw(typed()))


def run_attack(made: bytes | Kept, then: Callable[[Panel], None] = forecast) -> str | None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "attack"
        if isinstance(made, bytes):
            path.write_bytes(made)
            return attack(path, then)
        kind, header, rows = made
        if kind == "pandas":
            return attack(frame_of(header, rows), then)
        if kind == "sheet":
            write_sheet(path, header, rows)
            return attack(path, then)
        table = arrow_of(header, rows)
        if kind == "Parquet":
            pq.write_table(table, path)
            return attack(path, then)
        unique = len(set(table.column_names)) == table.num_columns
        return attack(pl.from_arrow(table) if kind == "Polars" and unique else table, then)


QUIET = settings(deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)


def run_attacks(how: settings, most: int) -> int:
    """Many attacks; the first `most` panels of enough days are trained on. How many those were."""
    trained = 0

    def go_on(panel: Panel) -> None:
        nonlocal trained
        if trained < most and len(panel.dates) > 4:
            train(panel)
            trained += 1
        else:
            forecast(panel)

    @settings(how)
    @given(kept())
    def run(made: bytes | Kept) -> None:
        run_attack(made, go_on)

    run()
    return trained


def test_a_table_is_forecast_or_refused_with_its_place() -> None:
    assert run_attacks(settings(QUIET, max_examples=200), most=2) == 2


@pytest.mark.slow
def test_ten_thousand_tables_are_forecast_or_refused_with_their_place() -> None:
    assert run_attacks(settings(QUIET, derandomize=False, max_examples=10_000), most=100) == 100


@pytest.mark.parametrize("fault", ["a number that is none", "an error of Python"])
def test_a_planted_fault_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(column: Column, decimal: str | None = None) -> np.ndarray:
        units = read_units(column, decimal)
        if fault == "an error of Python":
            return np.array([float(value) for value in column.values.to_pylist()])
        return np.where(units == 3, np.nan, units)

    monkeypatch.setattr("shelfcast.reading.quantities.read_units", faulty)

    @settings(QUIET, max_examples=100, phases=[Phase.generate], report_multiple_bugs=False)
    @given(kept())
    def run(made: bytes | Kept) -> None:
        run_attack(made)

    with pytest.raises(AssertionError if fault == "a number that is none" else (ValueError, TypeError)):
        run()


@settings(QUIET, max_examples=15)
@given(files())
def test_the_command_says_so_too(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "attack.csv"
        path.write_bytes(data)
        out, errors = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
            code = main(["check", str(path)])
        assert code in (0, 2)
        assert (code == 0) == (errors.getvalue() == "")
        assert "Traceback" not in errors.getvalue()
        assert code == 0 or "way out:" in errors.getvalue()


def test_a_strategy_that_finds_no_panel_or_no_error_would_test_nothing() -> None:
    good = b"date;item;quantity\n01.01.2024;001;1,5\n13.01.2024;001;2\n"
    assert run_attack(good) is None
    assert run_attack(good.replace(b"2\n", b"inf\n")) == "ValueInRowError"
    rows: list[list[object]] = [[datetime(2024, 1, 1), "a", 1], [datetime(2024, 1, 2), "a", 2]]
    for kind in ("sheet", "Parquet", "pandas", "Polars", "Arrow"):
        assert run_attack((kind, ["date", "item", "quantity"], rows)) is None
        assert run_attack((kind, ["date", "item", "quantity"], [*rows, [None, "a", 2]])) == "ValueInRowError"


def test_a_name_that_polars_breaks_off_at_is_refused() -> None:
    rows: list[list[object]] = [[datetime(2024, 1, 1), "a", 1], [datetime(2024, 1, 2), "a", 2]]
    assert run_attack(("Polars", ["date", "item\0", "quantity"], rows)) == "SourceError"


def test_a_hundred_thousand_columns_are_refused() -> None:
    names = ",".join(f"p{number}" for number in range(100_000))
    rows = [f"2024-01-{day:02d}," + ",".join(["1"] * 100_000) for day in (1, 2)]
    assert run_attack("\n".join([f"date,{names}", *rows]).encode()) == "LimitError"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"date,item,quantity\n",
        b"date,item,quantity\n2024-01-01,a,1\n",
        b"date,item,quantity\n2024-01-01,a,1\n9999-12-31,a,1\n",
        b"date,item,quantity\n2024-01-01,a,1\n2024-01-02," + b"x" * 200_000 + b",1\n",
        b"x" * 200_000 + b",item,quantity\n2024-01-01,a,1\n",
        b"\xff\xfe" + "date,item,quantity\n2024-01-01,a,1\n".encode("utf-16-le")[:-1],
    ],
)
def test_the_edges_are_refused_with_their_place(data: bytes) -> None:
    assert run_attack(data) is not None
