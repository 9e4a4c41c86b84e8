"""The stock table at the door: defaults are stated, nonsense is refused by its row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from shelfcast.errors import ColumnError, SalesError
from shelfcast.planning.stock import STOCK_DEFAULTS, read_stock

PRODUCTS = np.array(["001", "b", "c"])
HEADER = "unique_id,on_hand,on_order,lead_time,review_period,pack_size,min_order,service_level,unit_cost,price,salvage"
GOOD = "b,3,0,2,7,6,12,,2.5,4,1"


def write(tmp_path: Path, *rows: str, header: str = HEADER) -> Path:
    path = tmp_path / "stock.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def test_absent_columns_have_the_stated_defaults() -> None:
    stock = read_stock(pd.DataFrame({"unique_id": ["c", "001"], "on_hand": [4, 0.5]}), PRODUCTS)
    assert stock.rows.tolist() == [2, 0]
    assert stock.on_hand.tolist() == [4, 0.5]
    assert stock.defaults == {k: v for k, v in STOCK_DEFAULTS.items() if k not in ("on_hand", "salvage")}
    for name, value in stock.defaults.items():
        assert getattr(stock, name).tolist() == [value, value]


def test_each_row_has_a_service_level_or_costs(tmp_path: Path) -> None:
    rows = [GOOD, "c,1,0,1,1,1,0,0.9,,,", "001,1,0,1,1,1,0,,2,3,"]
    stock = read_stock(write(tmp_path, *rows), PRODUCTS)
    np.testing.assert_array_equal(stock.service_level, [np.nan, 0.9, np.nan])
    np.testing.assert_array_equal(stock.salvage, [1, np.nan, 0])
    assert stock.defaults == {}


@pytest.mark.parametrize(
    ("row", "column", "what"),
    [
        ("c,-3,0,2,7,6,12,,2.5,4,1", "on_hand", "0 or more"),
        ("c,nan,0,2,7,6,12,,2.5,4,1", "on_hand", "0 or more"),
        ("c,,0,2,7,6,12,,2.5,4,1", "on_hand", "empty cell"),
        ("c,inf,0,2,7,6,12,,2.5,4,1", "on_hand", "0 or more"),
        ("c,1e400,0,2,7,6,12,,2.5,4,1", "on_hand", "0 or more"),
        ("c,3,-1,2,7,6,12,,2.5,4,1", "on_order", "0 or more"),
        ("c,3,0,400,7,6,12,,2.5,4,1", "lead_time", "0 to 89"),
        ("c,3,0,1.5,7,6,12,,2.5,4,1", "lead_time", "whole days"),
        ("c,3,0,2,0,6,12,,2.5,4,1", "review_period", "1 to 90"),
        ("c,3,0,60,60,6,12,,2.5,4,1", "lead_time", "more than 90 days"),
        ("c,3,0,2,7,0,12,,2.5,4,1", "pack_size", "above 0"),
        ("c,3,0,2,7,6,-2,,2.5,4,1", "min_order", "0 or more"),
        ("c,3,0,2,7,6,12,95,2.5,4,1", "service_level", "below 1"),
        ("c,3,0,2,7,6,12,1,2.5,4,1", "service_level", "below 1"),
        ("c,3,0,2,7,6,12,,2.5,,1", "unit_cost", "belong together"),
        ("c,3,0,2,7,6,12,,,,1", "salvage", "belong together"),
        ("c,3,0,2,7,6,12,,2.5,2,1", "unit_cost", "no margin"),
        ("c,3,0,2,7,6,12,,2.5,4,3", "unit_cost", "no order would be too large"),
        ("c,3,0,2,7,6,12,,x,4,1", "unit_cost", "0 or more"),
        ("d,3,0,2,7,6,12,,2.5,4,1", "unique_id", "no product that the model knows"),
        ("b,3,0,2,7,6,12,,2.5,4,1", "unique_id", "second time"),
    ],
)
def test_nonsense_is_refused_by_its_row(tmp_path: Path, row: str, column: str, what: str) -> None:
    with pytest.raises(SalesError, match=what) as caught:
        read_stock(write(tmp_path, GOOD, row), PRODUCTS)
    assert f"line 3, column '{column}'" in str(caught.value)


def test_a_frame_names_its_row_too() -> None:
    table = pd.DataFrame({"unique_id": ["b", "c"], "on_hand": [1.0, np.nan]})
    with pytest.raises(SalesError, match=r"row 1 .*'on_hand': an empty cell"):
        read_stock(table, PRODUCTS)


def test_a_table_without_ids_rows_or_with_a_column_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ColumnError, match="no column 'unique_id'"):
        read_stock(write(tmp_path, "b,1", header="thing,on_hand"), PRODUCTS)
    with pytest.raises(ColumnError, match="no rows"):
        read_stock(pd.DataFrame({"unique_id": pd.Series([], dtype=str)}), PRODUCTS)
    with pytest.raises(ColumnError, match="2 columns 'on_hand'"):
        read_stock(write(tmp_path, "b,1,2", header="unique_id,on_hand,on_hand "), PRODUCTS)


def test_blank_rows_are_passed_over_and_a_total_is_an_error_of_its_row(tmp_path: Path) -> None:
    blank = "," * HEADER.count(",")
    assert read_stock(write(tmp_path, blank, GOOD, blank), PRODUCTS).rows.tolist() == [1]
    with pytest.raises(SalesError, match="line 4, column 'unique_id': 'Total'"):
        read_stock(write(tmp_path, GOOD, blank, "Total,3,,,,,,,,,"), PRODUCTS)


SHOP_LISTS = {
    "German": "Artikel;Bestand;Bestellt;Lieferzeit (Tage);VPE;Servicegrad;EK;VK\n"
    "1;3,5;6;2 Tage;6er;95 %;1,20 €;1,99 €\n",
    "French": "Article;Stock;En commande;Délai;Colisage;Prix d'achat;Prix de vente\n1;3,5;6;2;6;1,20;1,99\n",
    "English": "SKU,On Hand,On Order,Lead Time (days),Case Pack,Cost,Price\n1,3.5,6,2 days,6,$1.20,$1.99\n",
}


@pytest.mark.parametrize("language", SHOP_LISTS)
def test_columns_have_other_usual_names_and_that_is_said(tmp_path: Path, language: str) -> None:
    path = tmp_path / "stock.csv"
    path.write_text(SHOP_LISTS[language], encoding="utf-8")
    stock = read_stock(path, PRODUCTS)
    assert stock.rows.tolist() == [0]
    assert (stock.on_hand[0], stock.on_order[0], stock.lead_time[0], stock.pack_size[0]) == (3.5, 6, 2, 6)
    assert (stock.unit_cost[0], stock.price[0]) == (1.2, 1.99)
    np.testing.assert_array_equal(stock.service_level, [0.95 if language == "German" else np.nan])
    assert "of the stock table are taken: " in stock.said[0]
    assert "1 ids are taken for those of the sales, as '1' for '001'." in stock.said


def test_columns_that_are_left_are_said_and_own_names_come_first(tmp_path: Path) -> None:
    stock = read_stock(write(tmp_path, "b,3,9,Foo,1.5", header="unique_id,on_hand,Stock,supplier,Preis"), PRODUCTS)
    assert stock.on_hand.tolist() == [3]
    assert np.isnan(stock.price).all()  # alone it tells nothing
    assert stock.said == ("of the stock table are left: 'Stock', 'supplier', 'Preis'",)
    assert read_stock(write(tmp_path, GOOD), PRODUCTS).said == ()


def test_a_key_of_two_columns_is_joined(tmp_path: Path) -> None:
    products = np.array(["N/a", "S/a"])
    stock = read_stock(write(tmp_path, "a,S,3", header="item_id,store_id,on_hand"), products)
    assert stock.rows.tolist() == [1]


def test_columns_that_may_tell_something_else_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ColumnError, match=r"'lead_time_weeks' holds.*lead_time, in days"):
        read_stock(write(tmp_path, "b,1,2", header="unique_id,on_hand,lead_time_weeks"), PRODUCTS)
    with pytest.raises(ColumnError, match="no column known to tell of stock"):
        read_stock(write(tmp_path, "b,1", header="unique_id,quantity"), PRODUCTS)
    with pytest.raises(ColumnError) as caught:
        read_stock(write(tmp_path, "b;1,234", header="unique_id;on_hand"), PRODUCTS)
    assert "--" not in str(caught.value)
