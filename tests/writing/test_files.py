"""A table into a file, whole or not at all."""

from __future__ import annotations

import sys
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from shelfcast.errors import ShelfcastError
from shelfcast.writing import write_table

TABLE = pd.DataFrame(
    {"unique_id": ["=cmd()", "../../tea", "001"], "ds": pd.Timestamp("2024-01-01"), "mean": [1.5, 0.0, 2.0]}
)


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet"])
def test_a_table_is_written_and_comes_back(tmp_path: Path, ending: str) -> None:
    path = tmp_path / "new" / f"tomorrow.{ending}"
    write_table(TABLE, path)
    write_table(TABLE, path)
    if ending == "csv":
        table = pd.read_csv(path, dtype={"unique_id": str})
    elif ending == "xlsx":
        table = pd.read_excel(path, dtype={"unique_id": str})
    else:
        table = pd.read_parquet(path)
    first = "=cmd()" if ending == "parquet" else "'=cmd()"
    assert table["unique_id"].tolist() == [first, "../../tea", "001"]
    assert table["mean"].tolist() == [1.5, 0.0, 2.0]
    assert [p.name for p in path.parent.iterdir()] == [path.name]  # no product's name became a file


def test_no_cell_of_a_workbook_is_a_formula(tmp_path: Path) -> None:
    write_table(TABLE.rename(columns={"mean": "=mean"}), tmp_path / "t.xlsx")
    cells = [cell for row in openpyxl.load_workbook(tmp_path / "t.xlsx").active.iter_rows() for cell in row]
    assert len(cells) == 12
    assert all(cell.data_type != "f" for cell in cells)


def test_what_cannot_be_written_is_said_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ShelfcastError, match=r"t\.pdf ends neither"):
        write_table(TABLE, tmp_path / "t.pdf")
    with pytest.raises(ShelfcastError, match="cannot be written"):
        write_table(TABLE.assign(unique_id="\x01"), tmp_path / "t.xlsx")
    monkeypatch.setattr("shelfcast.writing.files._MOST_ROWS", 2)
    with pytest.raises(ShelfcastError, match="3 rows do not fit"):
        write_table(TABLE, tmp_path / "t.xlsx")
    monkeypatch.setitem(sys.modules, "openpyxl.utils.exceptions", None)
    with pytest.raises(ShelfcastError, match=r"shelfcast\[excel\]"):
        write_table(TABLE, tmp_path / "t.xlsx")
    (tmp_path / "file").write_text("")
    with pytest.raises(ShelfcastError, match="could not be written"):
        write_table(TABLE, tmp_path / "file" / "t.csv")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
