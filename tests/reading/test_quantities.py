"""What counts as units: one unit behind all numbers, lines, whole numbers rather than money, and no cancelled rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from shelfcast.cli import main
from shelfcast.errors import ColumnError, HistoryError, ValueInRowError
from shelfcast.reading import ReadingReport, read_sales

DAYS = ["2024-01-01", "2024-01-01", "2024-01-02", "2024-01-02"]


def shop(folder: Path, **columns: Any) -> Path:
    path = folder / "sales.csv"
    pd.DataFrame({"date": DAYS, "item": "tea"} | columns).to_csv(path, sep=";", index=False)
    return path


def read(source: object, **options: Any) -> tuple[list[float], ReadingReport]:
    panel, report = read_sales(source, **options)  # type: ignore[arg-type]
    assert report.units == pytest.approx(report.balance)
    again = read_sales(source, **report.column_options)  # type: ignore[arg-type]
    assert again[0].sales.tolist() == panel.sales.tolist()
    assert ReadingReport.from_dict(report.to_dict()) == report
    return panel.sales[0].tolist(), report


@pytest.mark.parametrize("written", ["1.5k", "2 Tsd", "3 Mio", "1 thousand"])
def test_thousands_and_millions_are_no_unit(written: str, tmp_path: Path) -> None:
    with pytest.raises(ValueInRowError, match=r"'quantity': .* is written in thousands or millions"):
        read(shop(tmp_path, quantity=[written] * 4))


@pytest.mark.parametrize(
    ("written", "unit"),
    [
        (["5 pcs", "1 pc", "2pcs", "0 Pcs."], "pc"),
        (["5 шт", "1 шт.", "2 шт", "0 шт"], "шт"),
        (["5 Stk.", "1 Stk", "2,0 Stk", "0 stk"], "Stk"),
        (["5 個", "1個", "2個", "0個"], "個"),
    ],
)
def test_one_unit_behind_all_numbers_is_left_out_and_said(written: list[str], unit: str, tmp_path: Path) -> None:
    sales, report = read(shop(tmp_path, quantity=written))
    assert sales == [6, 2]
    said = [line for line in report.lines() if line.startswith("Quantities: counted in '")]
    assert len(said) == 1
    assert unit in said[0]


@pytest.mark.parametrize("odd", ["1 box", "1", "l"])
def test_units_that_are_mixed_are_named(odd: str, tmp_path: Path) -> None:
    with pytest.raises(ValueInRowError, match=rf"line 3, .*'{odd}' is not in the unit of most others, 'pcs'"):
        read(shop(tmp_path, quantity=["5 pcs", odd, "2 pcs", "3 pcs"]))
    with pytest.raises(ValueInRowError, match=r"line 3, .*an empty cell is not a quantity"):
        read(shop(tmp_path, quantity=["5 pcs", "", "2 pcs", "3 pcs"]))
    with pytest.raises(ValueInRowError, match=r"line 5, .*'3 pcs' is not a quantity"):
        read(shop(tmp_path, quantity=["5", "1", "2", "3 pcs"]))


@pytest.mark.parametrize("dash", ["-", " -   ", "- €", " $ -   ", "EUR\u00a0-", "\u00a0-\u00a0\u00a0"])
def test_a_dash_alone_is_the_zero_of_a_spreadsheet_and_counted(dash: str, tmp_path: Path) -> None:
    for written in (["5", dash, "2", dash], ["5 pcs", dash, "2 pcs", dash]):
        sales, report = read(shop(tmp_path, quantity=written))
        assert (sales, report.rows) == ([5, 2], 4)
        said = "Quantities: 2 rows hold a dash alone, as Excel shows a zero, and count as 0."
        assert said in report.lines()
    money = ["7.98", "3.99", "11.97", "3.99"]
    assert said in read(shop(tmp_path, Sales=money, Count=["2", dash, "3", dash]))[1].lines()


@pytest.mark.parametrize("nothing", ["", "N/A", "NULL", "NaN", "None", "--"])
def test_a_quantity_that_is_not_known_is_no_zero(nothing: str, tmp_path: Path) -> None:
    path = shop(tmp_path, quantity=["5", f" {nothing}", "2", "3"])
    with pytest.raises(
        ValueInRowError, match=r"line 3, column 'quantity': .* is not a quantity.*Write 0 where nothing"
    ):
        read(path)


def test_in_a_wide_table_nothing_in_whatever_way_is_no_row(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    for rows in (
        "item,2024-01-14,2024-01-15\ncup,NULL,5\ntea,3, - \n",
        "date,cup,tea\n2024-01-14,-,3\n2024-01-15,5,N/A\n",
    ):
        path.write_text(rows)
        panel, report = read_sales(path)
        assert panel.sales.tolist() == [[0, 5], [3, 0]]
        assert (report.rows, report.filled) == (2, 2)


def test_receipts_without_a_quantity_are_counted_by_their_lines_if_so_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = shop(tmp_path, receipt=[1, 2, 3, 3], price=[2.5, 2.5, 3, 3])
    with pytest.raises(ColumnError, match=r"no column known as the quantity.*say --count-lines if each line is one"):
        read(path)
    sales, report = read(path, count_lines=True)
    assert (sales, report.units_read) == ([2, 2], 4)
    assert "Quantity: none (each line counts as one unit)." in report.lines()
    assert main(["check", str(path), "--count-lines"]) == 0
    assert "each line counts as one unit" in capsys.readouterr().out
    with pytest.raises(ColumnError, match="Say one of both"):
        read(path, count_lines=True, target_col="price")


def test_money_gives_way_to_a_column_of_whole_numbers(tmp_path: Path) -> None:
    money = ["7.98", "3.99", "11.97", "3.99"]
    assert read(shop(tmp_path, Sales=money, Count=[2, 1, 3, 1]))[0] == [3, 4]
    sales, report = read(shop(tmp_path, Sales=money, **{"Items sold in store": [2, 1, 3, 1]}))
    assert sales == [3, 4]
    said = "Quantity: 'Items sold in store' ('Sales' looks like money; also there: 'Sales')."
    assert said in report.lines()


@pytest.mark.parametrize(
    ("name", "values", "options"),
    [
        ("Sales", ["7.98", "3.99", "11.97", "4.00"], {}),
        ("Umsatz", ["7,98", "3,99", "11,97", "4,00"], {"target_col": "Umsatz"}),
        ("quantity", ["7.98 €", "3.99 €", "11.97 €", "4.00 €"], {}),
    ],
)
def test_money_that_is_read_as_units_is_said_loudly(
    name: str, values: list[str], options: dict[str, Any], tmp_path: Path
) -> None:
    sales, report = read(shop(tmp_path, **{name: values}), **options)
    assert sales == pytest.approx([11.97, 15.97])
    said = [line for line in report.lines() if line.startswith(f"Look: '{name}' looks like money")]
    assert len(said) == 1
    assert "--target-col" in said[0]


def test_sales_that_are_weighed_or_counted_are_no_money(tmp_path: Path) -> None:
    for values in (["1.235", "0.400", "2.125", "1.001"], ["5", "1", "2.50", "7"]):
        assert not read(shop(tmp_path, Sales=values))[1].notes


@pytest.mark.parametrize("word", ["Cancelled", "REFUNDED", "storniert", "Annulée", "Отменён", "cancelled (customer)"])
def test_cancelled_rows_are_no_sales(word: str, tmp_path: Path) -> None:
    path = shop(tmp_path, quantity=[5, 1, 2, 3], Status=["Completed", word, word, "partially_refunded"])
    sales, report = read(path)
    assert sales == [5, 3]
    assert (report.rows, report.units_read, report.void_units) == (4, 11, 3)
    said = [line for line in report.lines() if line.startswith("Cancelled: 2 rows, 3 units, whose 'Status' is ")]
    assert len(said) == 1
    assert "are left out; those with 'Completed' or 'partially_refunded' count." in said[0]


def test_cancellations_that_are_booked_as_returns_count_as_returns(tmp_path: Path) -> None:
    path = shop(tmp_path, quantity=[5, -5, 2, 3], Status=["Cancelled", "Cancelled", "", "Completed"])
    sales, report = read(path)
    assert (sales, report.cancelled_units, report.void_units) == ([0, 5], 5, 0)
    assert any(line.startswith("Look: rows whose 'Status' is 'Cancelled' hold neg") for line in report.lines())


def test_a_status_that_cancels_nothing_or_everything(tmp_path: Path) -> None:
    assert not read(shop(tmp_path, quantity=[5, 1, 2, 3], Status="paid"))[1].notes
    assert not read(shop(tmp_path, quantity=[5, 1, 2, 3], Status=1))[1].notes
    with pytest.raises(HistoryError, match="all rows are cancelled"):
        read(shop(tmp_path, quantity=[5, 1, 2, 3], Status="void"))


def test_the_lines_of_a_cancelled_receipt_that_say_nothing_are_cancelled_too(tmp_path: Path) -> None:
    status = ["paid", "Refunded", "", ""]
    _, report = read(shop(tmp_path, order_id=[2, 1, 1, 3], quantity=[2, 5, 1, 3], Status=status))
    assert (report.void_units, report.units) == (6, 5)
    assert any("or is empty on a receipt of such a row (1) are left out" in line for line in report.lines())
    _, report = read(shop(tmp_path, order_id=[1, 1, 1, 3], quantity=[2, 5, 1, 3], Status=status))
    assert report.void_units == 5  # a receipt of which a part was refunded


@pytest.mark.parametrize(
    ("name", "flags", "left_out"),
    [
        ("cancelled", ["no", "yes", "no", "YES"], 4),
        ("is_cancelled", [0, 1, 0, 0], 1),
        ("Voided", [False, True, False, True], 4),
        ("Cancelled at", ["", "2024-01-01 12:00", "", ""], 1),
        ("cancelled", [0, 2, 0, 0], 0),  # units, it seems
    ],
)
def test_a_column_of_flags_or_times_cancels_rows(name: str, flags: list[Any], left_out: int, tmp_path: Path) -> None:
    for source in (shop(tmp_path, quantity=[5, 1, 2, 3], **{name: flags}), None):
        frame = pd.DataFrame({"date": DAYS, "item": "tea", "quantity": [5, 1, 2, 3], name: flags})
        assert read(frame if source is None else source)[1].void_units == left_out
