"""Files, frames and panels through the door."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from shelfcast.errors import ColumnError, HistoryError, ModelFolderError, SalesError
from shelfcast.panel import Panel, Status
from shelfcast.reading import ReadingReport, read_sales

RECEIPTS = """receipt_no,date,product,quantity
1,2024-01-01,tea,2
1,2024-01-01,milk,1
2,2024-01-01,tea,3
3,2024-01-04,tea,1
"""


def daily(**columns: Any) -> pd.DataFrame:
    """Two products on two days, with these columns in place of the usual ones."""
    usual = {
        "unique_id": ["a", "b", "a", "b"],
        "ds": ["2024-01-01", "2024-01-01", "2024-01-02", "2024-01-02"],
        "y": [1, 2, 3, 4],
    }
    return pd.DataFrame(usual | columns)


def test_receipts_are_summed_and_missing_days_filled(tmp_path: Path) -> None:
    path = tmp_path / "receipts.csv"
    path.write_text(RECEIPTS)
    panel, report = read_sales(path)
    assert panel.products.tolist() == ["milk", "tea"]
    assert panel.dates.astype(str).tolist() == ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"]
    assert panel.sales.tolist() == [[1, 0, 0, 0], [5, 0, 0, 1]]
    assert (report.rows, report.units_read, report.units) == (4, 7, 7)
    assert (report.rows_summed, report.filled, report.days_without_rows) == (1, 5, 2)
    assert report.zero_share == 5 / 8
    assert (report.first_day, report.last_day, report.days) == ("2024-01-01", "2024-01-04", 4)


def test_a_product_is_on_sale_from_its_first_sale_on() -> None:
    panel, report = read_sales(daily(y=[0, 2, 3, 0]))
    assert panel.status.tolist() == [
        [Status.NOT_ON_SALE, Status.ON_SALE],
        [Status.ON_SALE, Status.ON_SALE],
    ]
    assert report.products_never_sold == 0
    assert read_sales(daily(y=[0, 2, 0, 0]))[1].products_never_sold == 1


def test_every_kind_of_source_gives_the_same_panel(tmp_path: Path) -> None:
    frame = daily(unique_id=["001", "1", "001", "1"])
    text = frame.to_csv(index=False)
    files = {name: tmp_path / name for name in ("a.csv", "b.csv.gz", "c.parquet", "d.csv", "e.csv")}
    files["a.csv"].write_text(text)
    files["b.csv.gz"].write_bytes(gzip.compress(text.encode()))
    frame.to_parquet(files["c.parquet"])
    files["d.csv"].write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n\r\n").encode())  # a BOM and blank lines
    files["e.csv"].write_text(text.replace(",", ";"))
    panel, _ = read_sales(frame)
    assert panel.products.tolist() == ["001", "1"]
    for path in files.values():
        same, _ = read_sales(str(path))
        np.testing.assert_array_equal(same.sales, panel.sales)
        assert same.products.tolist() == panel.products.tolist()
        assert same.dates.tolist() == panel.dates.tolist()


def test_the_order_of_rows_does_not_matter() -> None:
    frame = daily(unique_id=["b", "a", "a", "b"], y=[0.1, 0.2, 0.7, 0.3])
    panel, _ = read_sales(frame)
    shuffled, _ = read_sales(frame.iloc[[2, 0, 3, 1]])
    np.testing.assert_array_equal(panel.sales, shuffled.sales)


def test_a_frame_is_not_changed() -> None:
    frame = daily(unique_id=[" a", "b", "a", "b"], y=[-1, 2, 3, 4])
    before = frame.copy(deep=True)
    read_sales(frame)
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize(
    "ids",
    [
        [7, 10, 7, 10],
        [7.0, 10.0, 7.0, 10.0],
        [" 7", "10\t", "7", "10"],
        pd.Categorical(["7", "10", "7", "10"], categories=["10", "7", "unused"]),
        pd.array([7, 10, 7, 10], dtype="Int64"),
        [7, "10", "7", 10],
    ],
    ids=["int", "float", "padded text", "categorical", "nullable", "mixed"],
)
def test_ids_become_their_decimal_text_trimmed(ids: list[object]) -> None:
    panel, report = read_sales(daily(unique_id=ids))
    assert panel.products.tolist() == ["10", "7"]
    assert panel.sales.tolist() == [[2, 4], [1, 3]]
    assert report.ids_trimmed == (2 if isinstance(ids, list) and ids[0] == " 7" else 0)


def test_long_codes_that_came_as_floats_keep_their_digits() -> None:
    panel, _ = read_sales(
        daily(unique_id=[4006381333931.0, 7.0] * 2, ds=[20240101.0, 20240101.0, 20240102.0, 20240102.0])
    )
    assert panel.products.tolist() == ["4006381333931", "7"]
    assert panel.sales.tolist() == [[1, 3], [2, 4]]


@pytest.mark.parametrize(
    "days",
    [
        ["2024-01-01 23:59:59.5", "2024-01-01T00:00", "2024-01-02 08:00:00Z", "2024-01-02T08:00:00+02:00"],
        ["2024/1/1", "2024.01.01", " 20240102 ", "2024-1-2"],
        [20240101, 20240101, 20240102, 20240102],
        list(pd.to_datetime(["2024-01-01 05:00", "2024-01-01 00:00", "2024-01-02 00:00", "2024-01-02 23:59"])),
        list(pd.to_datetime(["2024-01-01", "2024-01-01", "2024-01-02", "2024-01-02"]).tz_localize("Asia/Tokyo")),
        list(pd.to_datetime(["2024-01-01", "2024-01-01", "2024-01-02", "2024-01-02"]).date),
    ],
    ids=["text with times", "text", "int", "timestamp", "time zone", "date"],
)
def test_days_are_read_as_they_are_written(days: list[object]) -> None:
    panel, _ = read_sales(daily(ds=days))
    assert panel.dates.astype(str).tolist() == ["2024-01-01", "2024-01-02"]
    assert panel.sales.tolist() == [[1, 3], [2, 4]]


@pytest.mark.parametrize(
    ("first", "second", "day"),
    [
        ("14. 1. 2024", "15. 1. 2024", "2024-01-14"),
        ("2024.01.14.", "2024. 1. 15.", "2024-01-14"),
        ("14.01.2024.", "15.01.2024. 10:05", "2024-01-14"),
        ("14. marraskuuta 2024", "15. marraskuuta 2024", "2024-11-14"),
        ("14 mei 2024", "15 mei 2024", "2024-05-14"),
        ("14. maj 2024", "15. maj 2024", "2024-05-14"),
    ],
)
def test_days_are_read_as_other_countries_write_them(first: str, second: str, day: str) -> None:
    panel, _ = read_sales(daily(ds=[first, first, second, second]))
    assert panel.dates.astype(str).tolist()[0] == day
    assert panel.sales.tolist() == [[1, 3], [2, 4]]


def test_quantities_are_read_from_text_as_from_numbers() -> None:
    panel, _ = read_sales(daily(y=["+1", " 2.50", ".5e1", "1E2 "]))
    assert panel.sales.tolist() == [[1, 5], [2.5, 100]]


def test_returns_are_netted_on_their_day_if_wanted_and_the_rest_is_cut_and_counted() -> None:
    frame = daily(unique_id=["a", "a", "a", "b"], ds=["2024-01-01"] * 2 + ["2024-01-02"] * 2, y=[5, -2, -4, 1])
    panel, report = read_sales(frame, returns="net")
    assert panel.sales.tolist() == [[3, 0], [0, 1]]
    assert (report.negative_rows, report.negative_units) == (2, 6)
    assert (report.days_below_zero, report.units_below_zero) == (1, 4)
    assert report.units == report.balance
    said = "\n".join(report.lines())
    assert "2 rows of 6 units" in said
    assert "1 product-days below zero" in said


def test_fractions_that_net_to_zero_are_zero() -> None:
    frame = pd.DataFrame({"product": "a", "date": ["2024-01-01"] * 3 + ["2024-01-02"], "qty": [0.1, 0.2, -0.3, 1]})
    panel, report = read_sales(frame)
    assert panel.sales[0, 0] == 0
    assert panel.status[0, 0] == Status.NOT_ON_SALE
    assert report.days_below_zero == 0


def test_a_key_of_two_columns_is_joined_and_its_parts_are_kept() -> None:
    frame = pd.DataFrame({"date": ["2024-01-01", "2024-01-02"], "store": [1, 2], "item": ["x", "y"], "sales": [1, 2]})
    panel, report = read_sales(frame)
    assert panel.products.tolist() == ["1/x", "2/y"]
    assert {name: values.tolist() for name, values in panel.attributes.items()} == {
        "store": ["1", "2"],
        "item": ["x", "y"],
    }
    assert report.columns[0].columns == ("store", "item")
    other, _ = read_sales(frame, id_cols=["item", "store"])
    assert other.products.tolist() == ["x/1", "y/2"]
    assert list(other.attributes) == ["item", "store"]


def test_a_key_of_three_columns_keeps_products_apart() -> None:
    rng = np.random.default_rng(0)
    keys = rng.integers(0, 4, size=(300, 3)).astype(str)
    frame = pd.DataFrame(keys, columns=["p", "q", "r"]).assign(
        day=["2024-01-01", "2024-01-02"] * 150, units=rng.integers(0, 9, 300)
    )
    panel, _ = read_sales(frame, id_cols=["p", "q", "r"])
    slow: dict[str, list[int]] = {}
    for p, q, r, day, units in frame.itertuples(index=False):
        slow.setdefault(f"{p}/{q}/{r}", [0, 0])[day == "2024-01-02"] += units
    assert dict(zip(panel.products.tolist(), panel.sales.tolist(), strict=True)) == slow
    for at, name in enumerate("pqr"):
        assert panel.attributes[name].tolist() == [key.split("/")[at] for key in panel.products]


def test_until_cuts_the_days_after_it_and_counts_them() -> None:
    frame = daily(
        unique_id=["a", "b", "a", "new"],
        ds=["2024-01-01", "2024-01-02", "2024-01-02", "2024-01-03"],
        y=[1, 2, 3, 9],
    )
    panel, report = read_sales(frame, until="2024-01-02")
    same, _ = read_sales(frame.iloc[:3])
    assert panel.products.tolist() == same.products.tolist() == ["a", "b"]
    np.testing.assert_array_equal(panel.sales, same.sales)
    assert (report.rows, report.rows_after_until, report.units_after_until) == (4, 1, 9)
    assert "1 rows after 2024-01-02, 9 units" in "\n".join(report.lines())
    with pytest.raises(HistoryError, match="no rows up to 2023-12-31"):
        read_sales(frame, until="2023-12-31")
    with pytest.raises(SalesError, match=r"'yesterday' is no day.*YYYY-MM-DD"):
        read_sales(frame, until="yesterday")


def test_until_keeps_the_parts_of_keys_with_their_products() -> None:
    frame = pd.DataFrame(
        {
            "date": ["2024-01-05", "2024-01-01", "2024-01-02"],
            "store": ["s", "t", "u"],
            "item": ["x", "y", "z"],
            "sales": 1,
        }
    )
    panel, _ = read_sales(frame, until="2024-01-02")
    assert panel.products.tolist() == ["t/y", "u/z"]
    assert panel.attributes["item"].tolist() == ["y", "z"]


def test_a_panel_passes_through() -> None:
    panel, _ = read_sales(daily(ds=["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-03"]))
    same, report = read_sales(panel)
    assert same is panel
    assert (report.units, report.products, report.days) == (10, 2, 3)
    cut, report = read_sales(panel, until="2024-01-02")
    assert isinstance(cut, Panel)
    assert (str(cut.last_day), report.last_day) == ("2024-01-02", "2024-01-02")
    with pytest.raises(ColumnError, match="A panel has no columns"):
        read_sales(panel, id_cols=["a"])


def test_the_report_survives_json() -> None:
    _, report = read_sales(daily())
    stored = json.loads(json.dumps(report.to_dict()))
    assert ReadingReport.from_dict(stored) == report
    assert report.lines()[0] == "Read 4 rows, 10 units, from the data frame."
    broken: list[dict[str, Any]] = [
        {},
        stored | {"colour": 1},
        stored | {"columns": [{}]},
        stored | {"columns": 3},
    ]
    for damaged in broken:
        with pytest.raises(ModelFolderError, match="stored account"):
            ReadingReport.from_dict(damaged)


def test_newer_sales_are_read_by_the_same_columns() -> None:
    frame = daily().rename(columns={"unique_id": "thing"}).assign(item="x")
    panel, report = read_sales(frame, id_cols=["thing"])
    assert read_sales(frame)[0].products.tolist() == ["x"]
    newer, _ = read_sales(frame, **report.column_options)
    assert newer.products.tolist() == panel.products.tolist()
    assert read_sales(panel)[1].column_options == {}
