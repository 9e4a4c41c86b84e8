"""Files as shops of other countries and other programs have them: read rightly, or asked about, never misread."""

from __future__ import annotations

from pathlib import Path

import pytest

from shelfcast.errors import ColumnError, SourceError
from shelfcast.reading import read_sales

DAYS = [f"2024-01-{day:02d}" for day in range(1, 29)]


def write(folder: Path, header: str, rows: list[str], encoding: str = "utf-8") -> Path:
    path = folder / "sales.csv"
    path.write_bytes("\n".join([header, *rows]).encode(encoding))
    return path


@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        ("Date de vente;Référence;Quantité", "latin-1"),
        ("Fecha;Código;Unidades vendidas", "utf-8"),
        ("Data;Codice;Qtà", "utf-8"),
        ("Datum;Artikel;Aantal verkocht", "utf-8"),
        ("Datum;Artikelnr;Antal", "utf-16"),
        ("日付;商品コード;数量", "utf-8"),
        ("日期;商品编码;销量", "utf-8"),
        ("Дата;Товар;Количество", "utf-8"),
        ("Tarih;Ürün;Adet", "utf-8"),
        ("Data sprzedaży;Kod towaru;Ilość", "utf-8"),
        ("Created at;Lineitem sku;Lineitem quantity", "utf-8"),
    ],
)
def test_usual_names_of_other_countries_are_known(header: str, encoding: str, tmp_path: Path) -> None:
    panel, report = read_sales(write(tmp_path, header, [f"{day};007;2,5" for day in DAYS], encoding))
    assert panel.products.tolist() == ["007"]
    assert report.units == 2.5 * len(DAYS)


def test_a_code_is_the_product_before_its_description(tmp_path: Path) -> None:
    rows = [f"{day};{code};pane;1" for day in DAYS for code in ("001", "002")]
    panel, _ = read_sales(write(tmp_path, "Data;Codice;Descrizione;Qtà", rows))
    assert panel.products.tolist() == ["001", "002"]


@pytest.mark.parametrize("days", [7, 31])
def test_sums_of_weeks_and_months_are_said_loudly(days: int, tmp_path: Path) -> None:
    dates = [f"{2020 + month // 12}-{month % 12 + 1:02d}-01" for month in range(9)]
    rows = [f"{day},a,50" for day in (DAYS[::7] if days == 7 else dates)]
    _, report = read_sales(write(tmp_path, "date,item,sales", rows))
    said = [line for line in report.lines() if line.startswith("Look: the days with sales are")]
    assert len(said) == 1
    assert ("weeks" if days == 7 else "months") in said[0]
    _, report = read_sales(write(tmp_path, "date,item,sales", [f"{day},a,5" for day in DAYS]))
    assert report.spacing is None


def test_what_describes_a_day_is_no_product(tmp_path: Path) -> None:
    rows = [f"{store},{day},{4.5 + store},2.57,{store}000.5" for day in DAYS for store in (1, 2)]
    panel, report = read_sales(write(tmp_path, "Store,Date,Temperature,Fuel_Price,Weekly_Sales", rows))
    assert panel.products.tolist() == ["1", "2"]
    assert report.units == 3001 * len(DAYS)
    with pytest.raises(ColumnError, match=r"Net sales.*--target-col"):
        read_sales(write(tmp_path, "Store,Date,Wind,Rain,Net sales", rows))


def test_a_point_in_a_file_with_semicolons_may_stand_after_thousands(tmp_path: Path) -> None:
    rows = [f"{day};a;1.500" for day in DAYS]
    with pytest.raises(ColumnError, match=r"'1.500' may be .*--decimal"):
        read_sales(write(tmp_path, "Datum;Artikel;Menge", rows))
    assert read_sales(write(tmp_path, "Datum;Artikel;Menge", rows), decimal=",")[1].units == 1500 * len(DAYS)


@pytest.mark.parametrize(("encoding", "name"), [("cp1251", "чай чёрный"), ("gb18030", "红茶包"), ("cp1253", "ψωμί")])
def test_another_script_is_not_taken_as_latin(encoding: str, name: str, tmp_path: Path) -> None:
    path = write(tmp_path, "date,item,quantity", [f"{day},{name},1" for day in DAYS], encoding)
    with pytest.raises(SourceError, match=r"line 2: .*neither UTF-8 nor"):
        read_sales(path)


def test_a_date_over_three_columns_is_asked_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(ColumnError, match="'year', 'month', 'day'"):
        read_sales(write(tmp_path, "year,month,day,item,qty", [f"2024,1,{day},a,1" for day in range(1, 29)]))


def test_a_total_among_the_products_is_pointed_at(tmp_path: Path) -> None:
    rows = [f"{day},{item},1" for day in DAYS for item in ("a", "b", "Total")]
    _, report = read_sales(write(tmp_path, "date,item,quantity", rows))
    assert report.doubts == ("Total",)
