"""Exports of tills and web shops: what counts, what is left out, and what is pointed at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from shelfcast.errors import ColumnError, ShelfcastError, SourceError, ValueInRowError
from shelfcast.panel import Panel
from shelfcast.reading import ReadingReport, read_sales

DAYS = [f"2024-01-{day:02d}" for day in range(1, 21)]


def read(folder: Path, header: str, rows: Sequence[str], **options: object) -> tuple[Panel, ReadingReport]:
    path = folder / "sales.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return read_sales(path, **options)  # type: ignore[arg-type]


def said(report: ReadingReport) -> str:
    return "\n".join(report.lines())


def test_later_lines_of_a_refunded_order_of_shopify_are_left_out_too(tmp_path: Path) -> None:
    header = "Name,Financial Status,Created at,Lineitem quantity,Lineitem name"
    rows = [
        row
        for at, day in enumerate(DAYS)
        for row in (f"#{at},{'refunded' if at == 3 else 'paid'},{day},1,tea", f"#{at},,{day},2,cup")
    ]
    panel, report = read(tmp_path, header, rows)
    assert panel.sales.sum() == 19 * 3
    assert report.void_units == 3


@pytest.mark.parametrize(
    ("column", "yes", "no"),
    [("type", "Return", "Sale"), ("Refunded", "Yes", "No"), ("is_return", "true", "false"), ("Returned", "1", "0")],
)
def test_rows_that_are_returns_by_their_kind_are_no_sales(tmp_path: Path, column: str, yes: str, no: str) -> None:
    rows = [f"{day},tea,2,{yes if at % 5 == 0 else no}" for at, day in enumerate(DAYS)]
    panel, report = read(tmp_path, f"date,item,quantity,{column}", rows)
    assert panel.sales.sum() == 32
    assert f"Cancelled: 4 rows, 8 units, whose '{column}'" in said(report)


def test_a_total_that_is_a_part_of_a_key_is_pointed_at(tmp_path: Path) -> None:
    rows = [
        f"{day},N,{item},{units}" for day in DAYS for item, units in (("tea", 1), ("cup", 2), ("Gesamtergebnis", 3))
    ]
    panel, report = read(tmp_path, "date,store,item,quantity", rows)
    assert "to leave them out: --exclude Gesamtergebnis." in said(report)
    assert len(panel.products) == 3
    panel, _ = read(tmp_path, "date,store,item,quantity", rows, exclude=["Gesamtergebnis"])
    assert panel.sales.sum() == 60


@pytest.mark.parametrize("word", ["Totale complessivo", "Eindtotaal", "Suma końcowa", "Общий итог", "総計"])
def test_words_for_totals_of_other_countries_are_known_and_quoted_for_a_shell(tmp_path: Path, word: str) -> None:
    rows = [f"{day},{item},1" for day in DAYS for item in ("tea", "cup", word)]
    _, report = read(tmp_path, "date,item,quantity", rows)
    assert f"--exclude {repr(word) if ' ' in word or not word.isascii() else word}." in said(report)


def test_rows_that_a_column_tells_apart_are_summed_and_it_is_named(tmp_path: Path) -> None:
    rows = [f"{day},S1,tea,{country},3" for day in DAYS for country in ("DE", "FR")]
    panel, report = read(tmp_path, "date,store,product,country,sales", rows)
    assert panel.sales.max() == 6
    assert "differ in 'country'" in said(report)
    assert "--id-col 'store' --id-col 'product' --id-col 'country'" in said(report)
    _, quiet = read(tmp_path, "date,store,product,country,sales", [*rows, rows[0]])
    assert "differ in" not in said(quiet)


def test_an_empty_column_gives_way_to_the_next(tmp_path: Path) -> None:
    panel, report = read(tmp_path, "Date,SKU,Item,Qty", [f"{day},,tea,1" for day in DAYS])
    assert panel.products.tolist() == ["tea"]
    assert "column 'SKU' is empty" in said(report)
    with pytest.raises(ValueInRowError, match="column 'SKU': an empty cell is not an id"):
        read(tmp_path, "Date,SKU,Item,Qty", [f"{day},,tea,1" for day in DAYS], id_cols=["SKU"])


def test_of_several_columns_that_would_do_the_only_filled_one_is_taken(tmp_path: Path) -> None:
    panel, _ = read(tmp_path, "Date,Item Id,SKU,PLU,Qty", [f"{day},,,7,1" for day in DAYS])
    assert panel.products.tolist() == ["7"]
    with pytest.raises(ColumnError, match="would each do as the product"):
        read(tmp_path, "Date,Item Id,SKU,PLU,Qty", [f"{day},,8,7,1" for day in DAYS])


def test_headers_of_files_that_were_put_one_behind_the_other_are_left_out(tmp_path: Path) -> None:
    header = "Order ID,Product,Quantity Ordered,Order Date"
    rows = [f"{at},tea,1,{day}" for at, day in enumerate(DAYS)]
    panel, report = read(tmp_path, header, [*rows[:5], header, ",,,", *rows[5:], header])
    assert panel.sales.sum() == 20
    assert (report.header_rows, report.blank_rows, report.rows) == (2, 1, 20)
    with pytest.raises(ValueInRowError, match="line 7"):
        read(tmp_path, header, [*rows[:5], header.replace("Product", "tea"), *rows[5:]])


@pytest.mark.parametrize(
    ("date", "options"),
    [
        ("Mo, {d:02d}.01.2024", {"date_format": "day-first"}),
        ("Fri 2024/01/{d:02d}", {}),
        ("2024年1月{d}日", {}),
        ("2024-01-{d:02d} 08:15 Uhr", {}),
        ("2024-01-{d:02d} 8:15 p. m.", {}),
        ("2024-01-{d:02d} 8:15\u202fPM", {}),
        ("٢٠٢٤-٠١-{d:02d}", {}),
    ],
)
def test_dates_as_tills_of_other_countries_write_them(tmp_path: Path, date: str, options: dict[str, str]) -> None:
    panel, _ = read(tmp_path, "date;item;quantity", [f"{date.format(d=d)};tea;1" for d in range(1, 21)], **options)
    assert [str(day) for day in panel.dates] == DAYS


def test_the_night_is_told_from_the_morning_in_spanish(tmp_path: Path) -> None:
    _, report = read(tmp_path, "date;item;quantity", [f"{day} 11:59 p. m.;tea;1" for day in DAYS])
    assert report.partial_last_day is None


@pytest.mark.parametrize(
    ("written", "units"), [("٣٫٥", 3.5), ("３", 3), ("3,00,000", 300_000), ("१२", 12), ("1,23,45,678.50", 12_345_678.5)]
)
def test_numbers_of_other_scripts_and_of_india(tmp_path: Path, written: str, units: float) -> None:
    panel, _ = read(tmp_path, "date;item;quantity", [f"{day};tea;{written}" for day in DAYS])
    assert panel.sales[0, 0] == pytest.approx(units)


def test_a_way_of_writing_dates_that_is_not_known_is_asked_for(tmp_path: Path) -> None:
    rows = [f"2024-01-{d:02d} 8h05;tea;1" for d in range(1, 21)]
    with pytest.raises(ValueInRowError, match="--date-format"):
        read(tmp_path, "date;item;quantity", rows)
    panel, _ = read(tmp_path, "date;item;quantity", rows, date_format="%Y-%m-%d %Hh%M")
    assert len(panel.dates) == 20


@pytest.mark.parametrize(
    ("header", "guess"),
    [
        ("Date,Time,Transaction,Item", None),
        ("date,order_id,article_id,sale_price", None),
        ("date,article_id,price,sales_channel_id", None),
        ("Date,Item Number,Bottle Volume (ml),Bottles Sold", "Bottles Sold"),
        ("date,item,units_shipped,net amount", "units_shipped"),
    ],
)
def test_no_receipt_price_or_number_is_proposed_as_the_quantity(tmp_path: Path, header: str, guess: str | None) -> None:
    with pytest.raises(ColumnError) as caught:
        read(tmp_path, header, [",".join([day, "1", "2", "3"]) for day in DAYS])
    way_out = caught.value.way_out or ""
    assert ("perhaps" in way_out) == (guess is not None)
    assert guess is None or f"--target-col '{guess}'" in way_out


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b'[{"date": "2024-01-01"}]', "JSON"), (b"<html><table>", "HTML"), (b"\xef\xbb\xbf\n<?xml version", "XML")],
)
def test_what_is_no_table_is_called_by_its_name(tmp_path: Path, content: bytes, kind: str) -> None:
    path = tmp_path / "sales.xls"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=kind):
        read_sales(path)


def test_a_table_of_one_column_is_asked_for_its_separator(tmp_path: Path) -> None:
    with pytest.raises(ColumnError) as caught:
        read(tmp_path, "Date^Item^Qty", [f"{day}^tea^1" for day in DAYS])
    assert "one column only" in caught.value.problem
    assert "semicolon" in (caught.value.way_out or "")


def test_the_time_of_day_is_that_which_holds_times(tmp_path: Path) -> None:
    _, report = read(tmp_path, "date,Time_of_Day,Time,item,qty", [f"{day},Morning,09:15,tea,1" for day in DAYS])
    assert any(choice.role == "time of day" and choice.columns == ("Time",) for choice in report.columns)


def test_an_unclear_number_is_placed_in_its_column(tmp_path: Path) -> None:
    with pytest.raises(ShelfcastError, match="column 'Semmel'"):
        read(tmp_path, "Datum;Brot;Semmel", [f"{day};5;1.240" for day in DAYS])


def test_codes_that_a_spreadsheet_has_rounded_are_pointed_at(tmp_path: Path) -> None:
    _, report = read(
        tmp_path, "date,ean,quantity", [f"{day},{code},1" for day in DAYS for code in ("4.00638E+12", "x")]
    )
    assert "Look: 1 ids such as '4.00638E+12' were rounded by a spreadsheet" in said(report)
    _, report = read(tmp_path, "date,ean,quantity", [f"{day},{code},1" for day in DAYS for code in ("4.0E1", "x")])
    assert "were rounded" not in said(report)


def test_versions_of_a_number_are_pointed_at_on_receipts_too(tmp_path: Path) -> None:
    rows = [f"{day},12:00,tea,{kind},3" for day in DAYS for kind in ("Actual", "Budget")]
    _, report = read(tmp_path, "date,time,item,scenario,quantity", rows)
    assert "Look: the column 'scenario' holds 'Actual' and 'Budget'; they are summed." in said(report)
    _, report = read(tmp_path, "date,time,item,scenario,quantity", rows[::2])
    assert "scenario" not in said(report)


@pytest.mark.parametrize("name", ["kind", "type", "Werttyp", "plan_actual"])
def test_a_plan_beside_what_was_sold_is_pointed_at_by_its_words(tmp_path: Path, name: str) -> None:
    rows = [f"{day},12:00,tea,{kind},3" for day in DAYS for kind in ("Ist", "Soll")]
    _, report = read(tmp_path, f"date,time,item,{name},quantity", rows)
    assert f"Look: the column '{name}' holds 'Ist' and 'Soll'; they are summed." in said(report)
    words = [row.replace("Ist", "Hall").replace("Soll", "Garden") for row in [*rows, rows[0]]]
    _, report = read(tmp_path, f"date,time,item,{name},quantity", words)
    assert "they are summed" not in said(report)


def test_receipts_each_of_which_is_there_once_a_value_are_pointed_at(tmp_path: Path) -> None:
    header = "date,time,item,dataset,quantity"
    rows = [f"{day},{hour}:00,tea,{kind},3" for day in DAYS for hour in (9, 12) for kind in ("v1", "v2")]
    assert "summed that differ in 'dataset'" in said(read(tmp_path, header, rows)[1])
    ordinary = [row for at, row in enumerate(rows) if at % 7 != 3]
    for quiet in (ordinary, rows[:8], [*rows, rows[0]]):
        assert "differ in" not in said(read(tmp_path, header, quiet)[1])


def test_a_channel_of_numbers_is_pointed_at_as_one_of_texts_is() -> None:
    frame = pd.DataFrame([(day, channel, "tea", 3) for day in DAYS for channel in (1, 2)])
    frame.columns = ["date", "channel", "item", "quantity"]
    for column in (frame["channel"], frame["channel"].astype(str)):
        _, report = read_sales(frame.assign(channel=column))
        assert "Look: rows of one product and day are summed that differ in 'channel'" in said(report)
    _, report = read_sales(frame.rename(columns={"channel": "lager_id"}))
    assert "differ in 'lager_id'" in said(report)
    _, report = read_sales(frame.rename(columns={"channel": "price"}))
    assert "Look" not in said(report)
