"""Columns of status, kind and flags: what says that nothing was sold, what says nothing, and what is pointed at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from shelfcast.reading import ReadingReport, read_sales

DAYS = ("2024-01-14", "2024-01-15", "2024-01-16")
UNITS = (3, 4, 5)


def read(folder: Path, name: str, values: Sequence[str]) -> tuple[list[float], str]:
    """The units of the three days whose rows have these values in one more column, and what is said."""
    rows = [f"{day},tea,{units},{value}" for day, units, value in zip(DAYS, UNITS, values, strict=True)]
    sales, report = read_rows(folder, f"date,sku,quantity,{name}", rows)
    return [*sales[0], 0.0][:3], "\n".join(report.lines())


def read_rows(folder: Path, header: str, rows: Sequence[str]) -> tuple[list[list[float]], ReadingReport]:
    path = folder / "sales.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    panel, report = read_sales(path)
    assert report.units == report.balance
    return panel.sales.tolist(), report


@pytest.mark.parametrize(
    "no", ["", "0.00", "0.0", "0,00", "$0.00", "None", "NULL", "N/A", "NaN", "NaT", "-", "Not returned", "No return"]
)
@pytest.mark.parametrize("name", ["refunded", "returned", "cancelled_at"])
def test_a_flag_that_says_no_in_whatever_way_cancels_nothing(tmp_path: Path, name: str, no: str) -> None:
    no = f'"{no}"'
    assert read(tmp_path, name, ["", no, ""])[0] == [3, 4, 5]
    assert read(tmp_path, name, [no, no, "2024-01-17"])[0] == [3, 4, 0]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("refunded", ["0.00", "0.00", "12.50"]),
        ("Refund", ["$0.00", "", "$5.00"]),
        ("refunded", ["0.0", "0.0", "1.0"]),
        ("is_refund", ["false", "false", "true"]),
        ("cancelled_at", ["0000-00-00 00:00:00", "NULL", "2024-01-17 08:00:00"]),
        ("voided", ["", "", "✓"]),
    ],
)
def test_a_flag_that_says_yes_or_when_or_how_much_cancels_its_row(tmp_path: Path, name: str, values: list[str]) -> None:
    sales, said = read(tmp_path, name, values)
    assert sales == [3, 4, 0]
    assert f"Cancelled: 1 rows, 5 units, whose '{name}' is '{values[-1]}' are left out" in said


def test_flags_of_a_frame_are_read_alike() -> None:
    frame = pd.DataFrame({"date": DAYS, "sku": "tea", "quantity": UNITS})
    for flags in (
        [0.0, float("nan"), 12.5],
        [False, None, True],
        [pd.NaT, pd.NaT, pd.Timestamp("2024-01-17")],
        ["NaT", None, "yes"],
    ):
        assert read_sales(frame.assign(refunded=flags))[0].sales.tolist() == [[3, 4]]


def test_numbers_that_are_no_flags_are_pointed_at(tmp_path: Path) -> None:
    sales, said = read(tmp_path, "returned", ["0", "2", "0"])
    assert sales == [3, 4, 5]
    assert "Look: 'returned' holds numbers, which are no flags of 0 and 1; its rows count." in said


@pytest.mark.parametrize(
    ("name", "sale", "void"),
    [
        ("status", "wc-completed", "wc-cancelled"),
        ("status", "wc-on-hold", "wc-refunded"),
        ("Order Status", "Shipped", "cancelled-by-buyer"),
        ("Order Status", "Order received", "Order cancelled"),
        ("status", "partially-refunded", "auto-cancelled"),
        ("type", "Invoice", "Credit Memo"),
        ("txn_type", "Sale", "Credit Note"),
        ("Tran Type", "SALE", "SALES RETURN"),
        ("Sale/Return", "Sale", "Return"),
        ("Bonart", "Verkauf", "Gutschrift"),
        ("Vorgangsart", "Nicht storniert", "Stornierung"),
        ("type", "Facture", "Avoir"),
        ("Entry Type", "Sale", "Cancellation"),
        ("statut", "Commande livrée", "Commande annulée"),
    ],
)
def test_words_and_names_of_more_programs_are_known(tmp_path: Path, name: str, sale: str, void: str) -> None:
    sales, said = read(tmp_path, name, [sale, sale, void])
    assert sales == [3, 4, 0]
    assert f"is '{void}' are left out; those with '{sale}' count." in said


@pytest.mark.parametrize("word", ["partially_refunded", "Partial refund", "Not cancelled", "Pending", "order"])
def test_other_words_count(tmp_path: Path, word: str) -> None:
    assert read(tmp_path, "status", ["paid", "paid", word])[0] == [3, 4, 5]


@pytest.mark.parametrize(
    ("name", "yes", "no"),
    [("refunded", "yes", ""), ("cancelled_at", "2024-01-15", "None"), ("status", "Cancelled", "")],
)
def test_an_empty_flag_of_a_receipt_is_a_no(tmp_path: Path, name: str, yes: str, no: str) -> None:
    rows = [f"2024-01-14,tea,1,7,{yes}", f"2024-01-14,cup,1,2,{no}", f"2024-01-15,tea,2,4,{no}"]
    rows += [f"2024-01-15,cup,{at},1,{no}" for at in (2, 3, 4)]
    sales, report = read_rows(tmp_path, f"date,sku,order_id,quantity,{name}", rows)
    assert (sales, report.void_units) == ([[2, 3], [0, 4]], 7)


def test_where_the_first_line_speaks_for_a_receipt_its_flags_do_too(tmp_path: Path) -> None:
    header = "Name,Financial Status,Cancelled at,Created at,Lineitem quantity,Lineitem name"
    rows = [
        row
        for at in range(5)
        for row in (f"#{at},paid,{'2024-01-20' if at == 3 else ''},2024-01-1{at},1,tea", f"#{at},,,2024-01-1{at},2,cup")
    ]
    sales, report = read_rows(tmp_path, header, rows)
    assert (sales, report.void_units) == ([[2, 2, 2, 0, 2], [1, 1, 1, 0, 1]], 3)
    later = [*rows, "#9,,2024-01-20,2024-01-14,8,tea", "#9,paid,,2024-01-14,4,cup"]
    assert read_rows(tmp_path, header, later)[1].void_units == 1 + 8  # not on the first line alone: each for itself


def test_rows_without_a_receipt_are_of_none(tmp_path: Path) -> None:
    rows = ["2024-01-14,tea,,7,Cancelled", "2024-01-14,tea,,2,", "2024-01-15,tea,3,1,paid", "2024-01-15,tea,3,1,"]
    sales, _ = read_rows(tmp_path, "date,sku,order_id,quantity,status", rows)
    assert sales == [[2, 2]]


def test_words_none_of_which_is_known_are_pointed_at_with_their_rows(tmp_path: Path) -> None:
    kinds = ["Sale"] * 3 + ["Purchase", "Purchase", "Waste", "Quote", "Transfer"]
    rows = [f"2024-01-{14 + at},tea,{kind},1" for at, kind in enumerate(kinds)]
    _, report = read_rows(tmp_path, "date,item,type,quantity", rows)
    said = "Look: all rows count, whatever their 'type': 'Sale' (3 rows), 'Purchase' (2 rows), 'Waste' (1 rows),"
    assert [line for line in report.lines() if line.startswith(said)] == [
        f"{said} 'Quote' (1 rows) and 1 more; keep the rows that are sales, if some are none."
    ]
    _, report = read_rows(tmp_path, "date,item,status,quantity", [rows[0], *(row.replace("Sale", "") for row in rows)])
    assert any("'status': no word (3 rows), 'Purchase'" in line for line in report.lines())


def test_a_type_that_is_of_the_product_or_one_word_is_no_kind_of_row(tmp_path: Path) -> None:
    rows = [f"{day},{item},{kind},1" for day in DAYS for item, kind in (("tea", "hot"), ("cola", "cold"))]
    assert not read_rows(tmp_path, "date,item,type,quantity", rows)[1].notes
    assert not read_rows(tmp_path, "date,item,status,quantity", [row.replace("cold", "hot") for row in rows])[1].notes
    states = [f"{day},tea,{state},1" for day in DAYS for state in range(30)]
    assert not read_rows(tmp_path, "date,item,estado,quantity", states)[1].notes
