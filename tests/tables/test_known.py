"""Tables beside the sales: what the panel knows after them, and what cannot be understood."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from shelfcast import Panel, Status
from shelfcast.covariates import OPEN_ENDED, Covariates
from shelfcast.errors import ColumnError, SalesError, ValueInRowError
from shelfcast.tables import Tables, add_tables

T = 60
DATES = np.datetime64("2024-01-01") + np.arange(T)


def shop(keys: tuple[str, ...] = ("item",)) -> Panel:
    sales = np.random.default_rng(0).poisson(20, (4, T)).astype(np.float32)
    if keys == ("item",):
        return Panel.of(sales, DATES, ["a", "b", "c", "d"])
    parts = {"store": np.array(["N", "N", "S", "S"]), "item": np.array(["a", "b", "a", "b"])}
    return Panel.of(sales, DATES, ["N/a", "N/b", "S/a", "S/b"], attributes=parts)


def known(panel: Panel) -> Covariates:
    assert panel.covariates is not None
    return panel.covariates


def prices_of(panel: Panel) -> np.ndarray:
    prices = known(panel).prices
    assert prices is not None
    return prices


def daily(first: str = "2024-01-01", days: int = T, **columns: object) -> pd.DataFrame:
    """A row a day for each product."""
    dates = pd.DataFrame({"date": pd.date_range(first, periods=days)})
    return dates.merge(pd.DataFrame(columns), how="cross")


# Prices


def test_a_row_a_product_and_day_is_its_price_and_says_who_is_listed() -> None:
    table = daily(days=T + 5, item=["a", "b"], price=[1.0, 2.0])
    table = table[~((table.item == "b") & (table.date >= "2024-02-10"))]
    panel, said = add_tables(shop(), Tables(prices=table), ("item",))
    assert prices_of(panel).shape == (4, T + 5)
    assert (prices_of(panel)[0] == 1).all()
    assert np.isnan(prices_of(panel)[1, 40:]).all()
    assert np.isnan(prices_of(panel)[2:]).all()
    assert known(panel).known_days == {"prices": T + 5}
    assert "a row a product and day" in said[0]
    leaving = replace(shop(), sales=np.where(np.arange(T) >= 40, np.float32(0), shop().sales))
    status = add_tables(leaving, Tables(prices=table), ("item",))[0].status
    assert (status[0, 40:] == Status.CLOSED).all()
    assert (status[1, 40:] == Status.NOT_ON_SALE).all()


def test_a_price_of_every_week_holds_for_a_week_and_not_longer() -> None:
    table = pd.DataFrame(
        {"item": "a", "start_date": ["2024-01-01", "2024-01-08", "2024-01-22"], "sell_price": [1, 2, 4]}
    )
    prices = prices_of(add_tables(shop(), Tables(prices=pd.concat([table, table.assign(item="b")])), ("item",))[0])
    assert prices[0, :14].tolist() == [1.0] * 7 + [2.0] * 7
    assert np.isnan(prices[0, 14:21]).all()
    assert prices[0, 21] == 4


def test_a_list_of_changes_holds_until_the_next_one() -> None:
    table = pd.DataFrame(
        {"item": ["a", "a", "b"], "valid_from": ["2023-12-05", "2024-01-13", "2024-01-04"], "price": [1, 3, 5]}
    )
    panel, said = add_tables(shop(), Tables(prices=table), ("item",))
    assert prices_of(panel)[0].tolist() == [1.0] * 12 + [3.0] * (T - 12)
    assert np.isnan(prices_of(panel)[1, :3]).all()
    assert known(panel).known_days["prices"] == 13  # the list tells of nothing later
    assert "until the next" in said[0]


def test_a_last_day_ends_a_price() -> None:
    table = pd.DataFrame({"item": ["a"], "start_date": ["2024-01-03"], "end_date": ["2024-01-05"], "price": [9]})
    prices = prices_of(add_tables(shop(), Tables(prices=table), ("item",))[0])
    assert np.flatnonzero(~np.isnan(prices[0])).tolist()[:3] == [2, 3, 4]


def test_prices_of_receipts_are_of_the_past_and_list_nobody() -> None:
    table = pd.DataFrame(
        {
            "item": ["a", "a", "a", "b"],
            "date": ["2024-01-03", "2024-01-03", "2024-02-01", "2024-01-01"],
            "unit_price": [1.0, 2.0, 5.0, 7.0],
            "quantity": [3, 1, 2, 1],
        }
    )
    panel, said = add_tables(shop(), Tables(prices=table), ("item",))
    prices = prices_of(panel)[0]
    assert np.isnan(prices[:3]).all()  # the price of a day is not told of that day
    assert prices[3:32].tolist() == [1.25] * 29
    assert (prices[32:] == 5).all()
    assert not known(panel).lists
    assert (panel.status == Status.ON_SALE).all()
    assert "role past" in said[0]
    assert "weighted by the units" in said[0]


def test_a_table_may_have_a_part_of_the_key() -> None:
    panel = shop(("store", "item"))
    by_item = prices_of(add_tables(panel, Tables(prices=daily(item=["a", "b"], price=[1, 2])), ("store", "item"))[0])
    assert by_item[:, 0].tolist() == [1, 2, 1, 2]
    both = daily(store_id=["N", "S", "S"], item_id=["a", "a", "b"], price=[1, 2, 3])
    of_both = prices_of(add_tables(panel, Tables(prices=both), ("store", "item"))[0])
    assert of_both[[0, 2, 3], 0].tolist() == [1, 2, 3]
    assert np.isnan(of_both[1]).all()
    joined = prices_of(add_tables(panel, Tables(prices=daily(unique_id=["S/b"], price=[4])), ())[0])
    assert joined[3, 0] == 4


def test_newer_prices_replace_the_older_ones_from_their_first_day_on() -> None:
    older, _ = add_tables(shop(), Tables(prices=daily(item=["a", "b"], price=[1, 2])), ("item",))
    newer, _ = add_tables(older, Tables(prices=daily("2024-02-20", 20, item=["a"], price=[3])), ("item",), since=T)
    assert prices_of(newer)[0].tolist() == [1.0] * 50 + [3.0] * 20
    assert (prices_of(newer)[1] == 2).all()
    assert known(newer).known_days == {"prices": 70}


# Promotions, events, holidays, stock


def test_promotions_are_signals_of_products_or_of_all() -> None:
    flags = pd.DataFrame({"item": ["b", "b"], "date": ["2024-01-02", "2024-03-05"], "promo": ["yes", "no"]})
    signal = known(add_tables(shop(), Tables(promotions=flags), ("item",))[0]).signals["promo"]
    assert np.argwhere(signal.of(slice(None))).tolist() == [[1, 1]]
    sparse = pd.DataFrame({"item": ["b"], "start_date": ["2024-01-02"], "end_date": ["2024-01-04"]})
    panel, said = add_tables(shop(), Tables(promotions=sparse), ("item",))
    assert np.flatnonzero(known(panel).signals["promotion"].of(slice(None))[1]).tolist() == [1, 2, 3]
    assert known(panel).known_days == {"promotion": OPEN_ENDED}
    assert "on days without a row there is none" in said[0]
    of_all = pd.DataFrame({"date": DATES, "snap_CA": 1, "snap_TX": 0.5, "wday": 3})
    signals = known(add_tables(shop(), Tables(promotions=of_all), ("item",))[0]).signals
    assert {name: signal.of(slice(None))[:, 9].tolist() for name, signal in signals.items()} == {
        "snap_CA": [1] * 4,
        "snap_TX": [0.5] * 4,
    }


def test_events_have_names_and_may_last() -> None:
    table = pd.DataFrame(
        {
            "date": ["2024-01-06", "2024-02-14", "2024-03-20"],
            "event_name_1": ["fair", "feast", "fair"],
            "event_name_2": ["", "fair", ""],
            "event_type_1": ["x", "y", "x"],
        }
    )
    events = known(add_tables(shop(), Tables(events=table))[0]).events
    assert {name: np.flatnonzero(flags).tolist() for name, flags in events.items()} == {
        "fair": [5, 44, 79],
        "feast": [44],
    }
    lasting = pd.DataFrame({"from": ["2024-01-02"], "until": ["2024-01-04"]})
    events = known(add_tables(shop(), Tables(events=lasting))[0]).events
    assert {name: np.flatnonzero(flags).tolist() for name, flags in events.items()} == {"event": [1, 2, 3]}


def test_public_holidays_of_a_country_and_a_region() -> None:
    events = known(add_tables(shop(), Tables(holidays="DE-BY"))[0]).events
    assert np.flatnonzero(events["Epiphany"]).tolist() == [5]
    assert np.flatnonzero(events["Good Friday"]).tolist() == [88]  # of 2024-03-29: known for the days ahead
    assert "Epiphany" not in known(add_tables(shop(), Tables(holidays=("DE",)))[0]).events
    with pytest.raises(SalesError, match="no public holidays of 'XX'"):
        add_tables(shop(), Tables(holidays="XX"))
    with pytest.raises(SalesError, match="no public holidays of 'DE-ZZ'"):
        add_tables(shop(), Tables(holidays="DE-ZZ"))


def test_a_stock_of_nothing_or_a_flag_is_a_day_sold_out() -> None:
    stock = daily(item=["a", "b"], stock=[3, 5])
    stock.loc[(stock.item == "a") & (stock.date == "2024-01-11"), "stock"] = 0
    for table in (
        stock,
        pd.DataFrame({"item": ["a", "b"], "date": ["2024-01-11", "2024-01-12"], "sold_out": [True, False]}),
        pd.DataFrame({"item": ["a"], "date": ["2024-01-11"]}),
    ):
        panel, said = add_tables(shop(), Tables(stock=table), ("item",))
        assert np.argwhere(panel.status == Status.SOLD_OUT).tolist() == [[0, 10]]
        assert not panel.observed[0, 10]
        assert "1 product-days sold out" in said[0]


# Products


def test_products_bring_facts_and_products_without_sales() -> None:
    table = pd.DataFrame({"item": ["d", "a", "b", "new"], "category": ["x", "y", "x", "y"], "size": [1, 2, 3, 4]})
    panel, said = add_tables(shop(), Tables(products=table), ("item",))
    assert panel.products.tolist() == ["a", "b", "c", "d", "new"]
    assert panel.attributes["category"].tolist() == ["y", "x", "", "x", "y"]
    assert panel.attributes["size"].tolist() == ["2", "3", "", "1", "4"]
    assert (panel.status[4] == Status.NOT_ON_SALE).all()
    assert "1 products have no sales yet" in said[0]
    assert "1 products are not in it" in said[0]


def test_products_of_two_keys_bring_their_parts() -> None:
    table = pd.DataFrame({"item": ["c", "a"], "store": ["S", "N"], "brand": ["x", "y"]})
    panel, _ = add_tables(shop(("store", "item")), Tables(products=table), ("store", "item"))
    assert panel.products.tolist() == ["N/a", "N/b", "S/a", "S/b", "S/c"]
    assert panel.attributes["store"].tolist() == ["N", "N", "S", "S", "S"]
    assert panel.attributes["brand"].tolist() == ["y", "", "", "", "x"]


def test_a_listing_says_from_when_until_when_a_product_is_on_sale() -> None:
    table = pd.DataFrame(
        {"item": ["a", "b"], "listed_from": ["2024-01-11", None], "listed_until": [None, "2024-02-09"]}
    )
    panel = replace(shop(), sales=shop().sales.copy())
    panel.sales[0, :15], panel.sales[1, 40:] = 0, 0
    status = add_tables(panel, Tables(products=table), ("item",))[0].status
    assert np.flatnonzero(status[0] == Status.ON_SALE).tolist() == list(range(10, T))
    assert np.flatnonzero(status[1] == Status.ON_SALE).tolist() == list(range(40))
    assert (status[2:] == Status.ON_SALE).all()


# What cannot be understood


@pytest.mark.parametrize(
    ("tables", "error", "words"),
    [
        (Tables(prices=daily(item=["a"], cost=[1])), ColumnError, "no price column; its columns are date, item, cost"),
        (Tables(prices=daily(price=[1])), ColumnError, "no column of the products"),
        (Tables(prices=pd.DataFrame({"item": ["a"], "price": [1]})), ColumnError, "no column known as the day"),
        (Tables(prices=daily(item=["zz"], price=[1])), ColumnError, "no price of any product of the sales"),
        (Tables(prices=daily(item=["a"], price=[-1])), ValueInRowError, "row 0.*'-1' is no price"),
        (Tables(prices=daily(item=["a"], price=["cheap"])), ValueInRowError, "'cheap'"),
        (
            Tables(promotions=daily(item=["a"], wday=[1], month=[2])),
            ColumnError,
            "no column is called like a promotion",
        ),
        (Tables(stock=daily(item=["a"], wday=[1])), ColumnError, "none of 'wday' is known as stock"),
        (Tables(products=pd.DataFrame({"colour": ["red"]})), ColumnError, "no column of the products"),
        (Tables(products=pd.DataFrame({"item": ["a"], "mean": ["red"]})), ColumnError, "called 'mean'"),
        (Tables(stock=Path("/nowhere.csv")), SalesError, "does not exist"),
        (
            Tables(promotions=pd.DataFrame({"start_date": ["2024-01-09"], "end_date": ["2024-01-02"]})),
            ValueInRowError,
            "comes after its last day",
        ),
    ],
)
def test_what_is_wrong_is_said(tables: Tables, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        add_tables(shop(), tables, ("item",))


def test_a_rule_that_there_is_not_is_said() -> None:
    with pytest.raises(SalesError, match="no rule 'mean' of fill_prices"):
        Tables(fill_prices="mean")


@pytest.mark.parametrize("name", ["prices", "promotions", "stock", "events", "products"])
def test_blank_rows_and_a_total_below_the_last_are_left_out_and_said(tmp_path: Path, name: str) -> None:
    tables = {
        "prices": daily(item=["a"], price=2.5),
        "promotions": daily(item=["a"], promo=1),
        "stock": daily(item=["a"], stock=0),
        "events": daily(event=["fair"]),
        "products": pd.DataFrame({"item": ["a", "b"], "brand": ["x", "y"]}),
    }
    plain, path = tables[name].astype(str), tmp_path / "table.csv"
    blank = pd.DataFrame("", index=[0, 1], columns=plain.columns)
    total = pd.DataFrame([["Total:", *[""] * (plain.shape[1] - 2), "99"]], columns=plain.columns)
    pd.concat([plain[:1], blank, plain[1:], total]).to_csv(path, index=False)
    panel, (said,) = add_tables(shop(), Tables(**{name: path}), ("item",))
    assert f"Left out: 2 blank rows, line {len(plain) + 4} is a total" in said
    expected, _ = add_tables(shop(), Tables(**{name: plain}), ("item",))
    assert panel.products.tolist() == expected.products.tolist()
    np.testing.assert_array_equal(panel.status, expected.status)
    assert panel.covariate_names == expected.covariate_names
    assert panel.attributes.keys() == expected.attributes.keys()


def test_a_product_called_like_a_total_that_the_sales_have_is_none(tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    path.write_text("item,brand\na,x\nTotal,y\n")
    sold = Panel.of(np.ones((2, T), np.float32), DATES, ["Total", "a"])
    panel, (said,) = add_tables(sold, Tables(products=path), ("item",))
    assert panel.attributes["brand"].tolist() == ["y", "x"]
    assert "Left out" not in said


def test_a_row_with_a_price_and_no_day_is_named_where_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("item,date,price\n,,\na,2024-01-01,2\na,,3\nb,2024-01-01,2\n")
    with pytest.raises(ValueInRowError, match="line 4, column 'date'"):
        add_tables(shop(), Tables(prices=path), ("item",))


# As shops write them


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")
    return path


RANGES = """Artikel;Gültig ab;Gültig bis;VK;Warengruppe
a;01.12.2023;12.01.2024;1,50 €;x
a;02.01.2024;03.01.2024;0,90 €;x
a;13.01.2024;{open};3,00 €;x
b;01.11.2023;{open};2,20 €;x
"""


@pytest.mark.parametrize("last", ["", "31.12.9999", "31.12.2099"])
def test_prices_without_a_last_day_hold_on_and_the_row_that_begins_last_holds(tmp_path: Path, last: str) -> None:
    panel, (said,) = add_tables(shop(), Tables(prices=written(tmp_path, RANGES.format(open=last))), ("item",))
    np.testing.assert_allclose(prices_of(panel)[0, :13], [1.5, 0.9, 0.9, *[1.5] * 9, 3])
    assert (prices_of(panel)[0, 12:] == 3).all()
    np.testing.assert_allclose(prices_of(panel)[1], 2.2)
    assert np.isnan(prices_of(panel)[2:]).all()
    assert known(panel).known_days == {"prices": OPEN_ENDED}
    assert "2 rows have no last day" in said
    assert "On 2 days of a product that several rows tell of" in said
    assert "Left: 'Warengruppe'" in said


def test_a_list_of_changes_may_begin_long_before_the_sales(tmp_path: Path) -> None:
    text = "item,valid_from,price\na,1900-01-01,1\na,2023-12-31,2\na,2024-01-14,3\nb,1900-01-01,4\n"
    panel, _ = add_tables(shop(), Tables(prices=written(tmp_path, text)), ("item",))
    assert prices_of(panel)[0].tolist() == [2.0] * 13 + [3.0] * (T - 13)
    assert (prices_of(panel)[1] == 4).all()


def test_a_price_list_that_ends_before_the_sales_goes_on() -> None:
    weeks = daily("2023-10-01", 5, item=["a"], price=[2])
    assert (prices_of(add_tables(shop(), Tables(prices=weeks), ("item",))[0])[0] == 2).all()


def test_what_customers_pay_is_the_price_of_a_sale_and_with_taxes() -> None:
    sale = daily(item=["a"], regular_price=2.0, sale_price=np.nan)
    sale.loc[[3, 4], "sale_price"] = 1.5
    panel, (said,) = add_tables(shop(), Tables(prices=sale), ("item",))
    assert prices_of(panel)[0, :6].tolist() == [2, 2, 2, 1.5, 1.5, 2]
    assert "column 'sale_price', where it is empty 'regular_price'" in said
    taxed = daily(item=["a"], net_price=1.0, gross_price=1.25)
    panel, (said,) = add_tables(shop(), Tables(prices=taxed), ("item",))
    assert (prices_of(panel)[0] == 1.25).all()
    assert "Left: 'net_price'" in said


def test_prices_in_several_currencies_are_not_averaged() -> None:
    with pytest.raises(ColumnError, match="'currency': there are several, 'eur' and 'usd'"):
        add_tables(shop(), Tables(prices=daily(item="a", currency=["EUR", "USD"], price=[1, 2])), ("item",))


def test_ids_that_lost_their_zeros_or_case_are_those_of_the_sales() -> None:
    sold = Panel.of(np.ones((4, T), np.float32), DATES, ["001", "002", "2", "ab"])
    table = pd.DataFrame({"item": ["1", "2", "AB", "7"], "brand": ["x", "y", "x", "z"]})
    panel, (said,) = add_tables(sold, Tables(products=table), ("item",))
    assert panel.products.tolist() == ["001", "002", "2", "7", "ab"]
    assert panel.attributes["brand"].tolist() == ["x", "", "y", "z", "x"]
    assert "2 ids are taken for those of the sales, as '1' for '001'" in said
    prices = pd.DataFrame({"item": [1], "valid_from": ["2023-12-01"], "price": [5.0]})
    assert (prices_of(add_tables(sold, Tables(prices=prices), ("item",))[0])[0] == 5).all()


def test_a_row_of_several_of_one_product_is_said() -> None:
    table = pd.DataFrame({"item": ["a", "a", "b"], "brand": ["x", "y", "x"]})
    panel, (said,) = add_tables(shop(), Tables(products=table), ("item",))
    assert panel.attributes["brand"].tolist() == ["x", "x", "", ""]
    assert "1 products have several rows: the first of each is taken" in said


def test_a_listing_has_names_and_ends_of_its_own(tmp_path: Path) -> None:
    text = "item;gelistet ab;gelistet bis;discontinued\na;11.01.2024;31.12.9999;no\nb;;09.02.2024;yes\n"
    panel, _ = add_tables(shop(), Tables(products=written(tmp_path, text)), ("item",))
    assert (panel.status[0] == Status.ON_SALE).sum() == T  # it sold before, which counts
    assert panel.attributes["discontinued"].tolist() == ["no", "yes", "", ""]
    assert not {"gelistet ab", "gelistet bis"} & panel.attributes.keys()


@pytest.mark.parametrize(
    ("text", "name", "values"),
    [
        ("item,date,discount\na,2024-01-02,20 %\na,2024-01-03,0%\n", "discount", {1: 0.2}),
        ("item,date,promo_type\na,2024-01-02,TPR\na,2024-01-03,Flyer\na,2024-01-05,none\n", "promo_type", {1: 1, 2: 1}),
        ("item,date,promo\na,2024-01-02,2 for 1\na,2024-01-03,20% off\n", "promo", {1: 1, 2: 1}),
        ("item,date,discount\na,2024-01-02,5 EUR\na,2024-01-03,2 EUR\n", "discount", {1: 5, 2: 2}),
        ("promo_id,item,promo_start,promo_end\n17,a,2024-01-02,2024-01-03\n", "promotion", {1: 1, 2: 1}),
        ("Artikel;Von;Bis;Rabatt;address\na;02.01.2024;03.01.2024;10%;x\n", "Rabatt", {1: 0.1, 2: 0.1}),
        ("item,2024-01-01,2024-01-02,2024-01-03\na,0,1,1\n", "promotion", {1: 1, 2: 1}),
        ("date,a,b\n2024-01-01,0,0\n2024-01-02,1,0\n", "promotion", {1: 1}),
        ("start,end,description\n2024-01-02,2024-01-03,Spring sale\n", "description", {1: 1, 2: 1}),
        ("item,date,MarkDown1\na,2024-01-02,NA\na,2024-01-03,7.5\n", "MarkDown1", {2: 7.5}),
    ],
)
def test_promotions_as_shops_write_them(tmp_path: Path, text: str, name: str, values: dict[int, float]) -> None:
    panel, _ = add_tables(shop(), Tables(promotions=written(tmp_path, text)), ("item",))
    assert list(known(panel).signals) == [name]
    of_a = known(panel).signals[name].of(slice(None))[0]
    assert {int(day): float(of_a[day]) for day in np.flatnonzero(of_a)} == pytest.approx(values)


@pytest.mark.parametrize(
    ("columns", "events"),
    [
        ({"is_holiday": [1, 0, 0]}, {"is_holiday": [0]}),
        ({"holiday": [True, False, False]}, {"holiday": [0]}),
        ({"event": ["Fair", "None", "no event"]}, {"Fair": [0]}),
        (
            {"StateHoliday": ["a", "0", "0"], "SchoolHoliday": [1, 1, 0]},
            {"StateHoliday a": [0], "SchoolHoliday": [0, 1]},
        ),
        ({"Feiertag": ["Neujahr", "", ""]}, {"Neujahr": [0]}),
        ({"jour férié": ["Nouvel an", "", ""]}, {"Nouvel an": [0]}),
        ({"description": ["Batalla", "Fundacion", ""], "transferred": [True, False, False]}, {"Fundacion": [1]}),
        ({"event": ["Fair", "", ""], "description": ["the town's", "", ""]}, {"Fair": [0]}),
    ],
)
def test_events_as_shops_write_them(columns: dict[str, list[object]], events: dict[str, list[int]]) -> None:
    panel, _ = add_tables(shop(), Tables(events=pd.DataFrame({"date": DATES[:3], **columns})))
    assert {name: np.flatnonzero(flags).tolist() for name, flags in known(panel).events.items()} == events


def test_a_calendar_of_all_days_without_names_has_no_events() -> None:
    with pytest.raises(ColumnError, match="no column is called like an event, of 'weekday', 'month'"):
        add_tables(shop(), Tables(events=pd.DataFrame({"date": DATES, "weekday": "Mon", "month": 1})))


def test_of_several_stocks_of_a_day_the_last_counts() -> None:
    times = ["2024-01-11 08:00", "2024-01-11 20:00", "2024-01-12 08:00", "2024-01-12 20:00"]
    stock = pd.DataFrame({"item": "a", "timestamp": times, "Bestand": [0, 5, 5, 0]})
    panel, _ = add_tables(shop(), Tables(stock=stock), ("item",))
    assert np.argwhere(panel.status == Status.SOLD_OUT).tolist() == [[0, 11]]


def test_dates_of_a_table_are_told_together_or_by_their_points_and_no_option_of_sales_is_named(tmp_path: Path) -> None:
    dotted = "start;end;event\n01.02.2024;02.02.2024;fair\n"
    events = known(add_tables(shop(), Tables(events=written(tmp_path, dotted)))[0]).events
    assert np.flatnonzero(events["fair"]).tolist() == [31, 32]
    together = "start,end,event\n01/02/2024,01/13/2024,fair\n"
    events = known(add_tables(shop(), Tables(events=written(tmp_path, together)))[0]).events
    assert np.flatnonzero(events["fair"]).tolist() == list(range(1, 13))
    with pytest.raises(ColumnError, match=r"cannot be told apart.*Write the dates as 2024-12-31") as caught:
        add_tables(shop(), Tables(events=written(tmp_path, "date,event\n01/02/2024,fair\n")))
    assert "--" not in str(caught.value)


def test_ids_under_an_unknown_name_are_no_plan_of_all_products() -> None:
    plan = pd.DataFrame({"Itm": ["a"], "date": ["2024-01-02"], "promo": [1]})
    with pytest.raises(ColumnError, match="'Itm' holds ids of the sales"):
        add_tables(shop(), Tables(promotions=plan), ("item",))


def test_a_cell_of_a_wide_table_is_named_by_its_row_and_column(tmp_path: Path) -> None:
    with pytest.raises(ValueInRowError, match="line 3, '2024-01-02', column 'price'"):
        add_tables(shop(), Tables(prices=written(tmp_path, "item,2024-01-01,2024-01-02\na,1,2\nb,1,-2\n")), ("item",))
