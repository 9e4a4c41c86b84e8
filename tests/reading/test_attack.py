"""Whole files with all the dirt that shops have: finite forecasts, or an error that says where and what to do.

One example is a file on the disk: its layout, encoding, packing, separator, dates, numbers, ids and cells are drawn.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shelfcast.check import check_sales
from shelfcast.cli import main
from shelfcast.errors import ShelfcastError, ValueInRowError
from shelfcast.models import catalog
from shelfcast.models.calibration import Calibration
from shelfcast.panel import Panel
from shelfcast.reading import read_sales
from shelfcast.recipe import CatalogRecipe

TINY = CatalogRecipe(seq_len=8, filters=4, hidden=4, head=4, steps=1, batch_size=2, horizon=3)
DATES: tuple[str, ...] = (
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%m/%d/%Y",
    "%d/%m/%y",
    "%Y%m%d",
    "%Y-%m-%dT%H:%M:%SZ",
    "%d %b %Y",
    "%Y/%m/%d %H:%M",
)
DATES = (*DATES, "%Y-%m-%d %H:%M:%S+05:30", "%I:%M %p, %d-%m-%Y")
NUMBERS = (
    "{:d}",
    "{:d},5",
    "{:d}.25",
    "1.{:03d}",
    "1,{:03d}",
    "1.{:03d},50",
    "{:d} €",
    "$ {:d}.00",
    "{:d} pcs",
    "1 {:03d}",
)
IDS = (
    "001",
    "1",
    "a",
    " a",
    "ü/x",
    "🍵",
    "=1+1",
    "@x",
    "../../etc/passwd",
    "C:\\x",
    "ﬁ",
    "e\u0301",
    "-3",
    "1.0E+12",
    "Total",
)
HOSTILE = ("", " ", "NaN", "inf", "-inf", "1e999", "9999-12-31", "0000-00-00", "0001-01-01", "=cmd|' /C calc'!A0")
HOSTILE = (
    *HOSTILE,
    "-1",
    "(5)",
    "5-",
    "-80995",
    "1e15",
    "1e16",
    "NULL",
    "#REF!",
    "\0",
    "\u202e",
    "x" * 600,
    "2024-02-30",
)
HOSTILE = (*HOSTILE, 'a"b', '"', "a\nb", "\t", "\r", "\ufeff", "٣", "½", "1,2,3", "12:61", "2024-13-13", "Total")
HEADERS = (
    ("date", "item", "quantity"),
    ("Datum", "Artikelnummer", "Menge"),
    ("Date de vente", "Référence", "Quantité"),
    ("InvoiceDate", "StockCode", "Quantity"),
    ("ds", "unique_id", "y"),
    ("timestamp", "SKU", "sales"),
    ("日付", "商品コード", "数量"),
    ("when", "what", "how many"),
)
ENCODINGS = ("utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1", "cp1251", "shift_jis")


def packed(data: bytes, packing: str) -> bytes:
    if packing == "gz":
        return gzip.compress(data, 1)
    if packing == "zst":
        return pa.compress(data, codec="zstd", asbytes=True)
    if packing == "zip":
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as file:
            file.writestr("sales.csv", data)
        return buffer.getvalue()
    return data


def quoted(cell: str, mark: str, always: bool) -> str:
    if always or any(c in cell for c in (mark, '"', "\n", "\r")):
        return '"' + cell.replace('"', '""') + '"'
    return cell


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """The bytes of a table of sales, some of its cells spoilt."""
    mark = draw(st.sampled_from(",,;;\t|"))
    written, number = draw(st.sampled_from(DATES)), draw(st.sampled_from(NUMBERS))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    days, ids = draw(st.integers(0, 40)), draw(st.lists(st.sampled_from(IDS), min_size=1, max_size=4))
    first = draw(st.sampled_from(["2024-01-01", "2023-12-20", "1999-12-25", "2024-02-25"]))
    dates = (np.datetime64(first) + np.arange(days)).astype("datetime64[s]")
    texts = [date.item().strftime(written) for date in dates]
    header = list(draw(st.sampled_from(HEADERS)))
    shape = draw(st.sampled_from(["rows", "rows", "rows", "days", "products"]))
    units = [[number.format(int(n)) for n in row] for row in rng.poisson(3, (days, len(ids)))]
    if shape == "rows":
        rows = [[day, name, units[t][n]] for t, day in enumerate(texts) for n, name in enumerate(ids)]
        rows = [row for row in rows if rng.random() < 0.9]
    elif shape == "days":
        header = [header[1], *texts]
        rows = [[name, *(units[t][n] for t in range(days))] for n, name in enumerate(ids)]
    else:
        header = [header[0], *ids]
        rows = [[day, *units[t]] for t, day in enumerate(texts)]
    if draw(st.booleans()):
        header, rows = [*header, "Price"], [[*row, "2,50"] for row in rows]
    if draw(st.integers(0, 3)) == 0:
        rows = rows * 2
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        if rows:
            row = rows[draw(st.integers(0, len(rows) - 1))]
            row[draw(st.integers(0, len(row) - 1))] = draw(st.sampled_from(HOSTILE) | st.text(max_size=5))
    if draw(st.integers(0, 9)) == 0:
        header[draw(st.integers(0, len(header) - 1))] = draw(st.sampled_from(HOSTILE))
    above = draw(st.sampled_from([[], [], [], [["Report"]], [["Report"], []], [["sep=" + mark]], [[]]]))
    below = draw(
        st.sampled_from([[], [], [], [["Total", "", "99"]], [["", "", ""]], [["x"]], [["a", "b", "c", "d", "e"]]])
    )
    always = draw(st.booleans())
    lines = [mark.join(quoted(cell, mark, always) for cell in row) for row in [*above, header, *rows, *below]]
    text = draw(st.sampled_from(["\n", "\r\n"])).join(lines) + draw(st.sampled_from(["\n", "", "\n\n"]))
    data = text.encode(draw(st.sampled_from(ENCODINGS)), errors="replace")
    data = packed(data, draw(st.sampled_from(["", "", "", "gz", "zip", "zst"])))
    return data[: draw(st.sampled_from([len(data)] * 9 + [len(data) // 2]))]


def forecast(panel: Panel) -> None:
    """An untrained network's forecasts: finite, never negative."""
    groups = catalog.group_rows(panel)
    names = panel.covariate_names
    network = catalog._new_network(TINY, len(panel.products), groups, names)
    device = torch.device("cpu")
    model = catalog.CatalogModel(TINY, panel.products, groups, names, network, Calibration.none(), device)
    for values in model.ahead(panel, 3).values():
        assert np.isfinite(values).all()
        assert values.min() >= 0


def attack(data: bytes, folder: Path) -> str | None:
    """Reads, checks and forecasts what a file of these bytes holds; the error's class where it is refused."""
    path = folder / "attack.csv"
    path.write_bytes(data)
    refused = None
    try:
        panel, report = read_sales(path)
        lines = check_sales(panel, report).lines()
    except ShelfcastError as error:
        refused = error
    if refused is not None:
        of_a_row = isinstance(refused, ValueInRowError)
        places = ("row ", "line ") if of_a_row else ("row ", "line ", "column", "attack.csv")
        assert any(place in refused.problem for place in places), refused.problem
        assert refused.problem.isprintable(), refused.problem
        assert refused.way_out, refused.problem
        return type(refused).__name__
    assert all(line.isprintable() for line in lines)
    assert np.isfinite(panel.sales).all()
    assert panel.sales.min() >= 0
    assert report.units == pytest.approx(report.balance, rel=1e-6, abs=1e-6)
    forecast(panel)
    return None


def run_attack(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        attack(data, Path(folder))


QUIET = settings(deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)


@settings(QUIET, max_examples=300)
@given(files())
def test_a_file_is_forecast_or_refused_with_its_place(data: bytes) -> None:
    run_attack(data)


@pytest.mark.slow
@settings(QUIET, derandomize=False, max_examples=10_000)
@given(files())
def test_ten_thousand_files_are_forecast_or_refused_with_their_place(data: bytes) -> None:
    run_attack(data)


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


def test_a_strategy_that_finds_no_panel_or_no_error_would_test_nothing(tmp_path: Path) -> None:
    good = b"date;item;quantity\n01.01.2024;001;1,5\n13.01.2024;001;2\n"
    assert attack(good, tmp_path) is None
    assert attack(good.replace(b"2\n", b"inf\n"), tmp_path) == "ValueInRowError"


def test_a_hundred_thousand_columns_are_refused(tmp_path: Path) -> None:
    names = ",".join(f"p{number}" for number in range(100_000))
    rows = [f"2024-01-{day:02d}," + ",".join(["1"] * 100_000) for day in (1, 2)]
    assert attack("\n".join([f"date,{names}", *rows]).encode(), tmp_path) == "LimitError"


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
def test_the_edges_are_refused_with_their_place(data: bytes, tmp_path: Path) -> None:
    assert attack(data, tmp_path) is not None
