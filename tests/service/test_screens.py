"""The planner's page: what it shows is what the model folder says, and no name becomes markup."""

from __future__ import annotations

import io
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fastapi.testclient import TestClient
from hostile_names import HOSTILE
from service_helpers import undrawn

from shelfcast import Forecaster, Panel

VOID = {"meta", "br", "link", "img", "hr", "input"}


class Page(HTMLParser):
    """The tags of a page, which must be balanced, its attributes, its text, and the rows of its tables."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.html = html
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.open: list[str] = []
        self.tables: list[list[list[str]]] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "script" not in self.open:
            self.text += data
        if {"td", "th"} & set(self.open):
            self.tables[-1][-1][-1] += data


def page(client: TestClient, path: str, **parameters: object) -> Page:
    answer = client.get(path, params=parameters or None)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text[:500]
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return Page(answer.text)


def units(cell: str) -> float:
    """`<0.01` as 0.01: next to nothing."""
    return float(cell.replace(",", "").replace("−", "-").removeprefix("<"))


def names(shown: Page) -> list[str]:
    """Of the products; a row of one cell is the reason for the order above it."""
    return [row[0] for row in shown.tables[0][1:] if len(row) > 1]


def test_the_list_shows_all_products_page_by_page_the_most_units_first(client: TestClient, catalog_model: Path) -> None:
    mean = Forecaster.load(catalog_model, device="cpu").predict(horizon=1).set_index("unique_id")["mean"]
    shown = page(client, "/")
    assert names(shown) == mean.round(3).sort_values(ascending=False, kind="stable").index.tolist()
    assert "40 products" in shown.text
    assert page(client, "/", page=9).text.count("Page 1 of 1") == 1


def test_the_list_is_searched_filtered_and_sorted(client: TestClient, catalog_model: Path) -> None:
    assert names(page(client, "/", search="P000001", sort="unique_id", order="asc")) == [
        f"P000001{n}" for n in range(10)
    ]
    recent = Forecaster.load(catalog_model, device="cpu").recent
    store = recent.attributes["store"][0]
    assert set(names(page(client, "/", **{"at.store": store}))) == set(
        recent.products[recent.attributes["store"] == store].tolist()
    )
    table = page(client, "/", sort="last 7 days", order="desc").tables[0]
    assert 'aria-sort="descending"' in page(client, "/", sort="last 7 days", order="desc").html
    at = next(n for n, cell in enumerate(table[0]) if cell.startswith("Last 7 days"))
    sold = [units(row[at]) for row in table[1:]]
    assert sold == sorted(sold, reverse=True)
    assert "No product fits" in page(client, "/", search="<nothing>").text
    for strange in ({"page": "-1"}, {"page": "9" * 50}, {"sort": "<b>"}, {"order": "x"}, {"at.nothing": "x"}):
        page(client, "/", **strange)


def test_what_is_taken_away_is_what_is_shown(client: TestClient) -> None:
    expected = names(page(client, "/", search="000002"))
    csv = pd.read_csv(io.BytesIO(client.get("/list.csv", params={"search": "000002"}).content))
    xlsx = pd.read_excel(io.BytesIO(client.get("/list.xlsx", params={"search": "000002"}).content))
    assert csv["unique_id"].tolist() == xlsx["unique_id"].tolist() == expected
    assert np.allclose(csv["tomorrow"], xlsx["tomorrow"])


def test_a_products_screen_holds_its_forecast_and_its_score(client: TestClient, catalog_model: Path) -> None:
    forecaster = Forecaster.load(catalog_model, device="cpu")
    assert forecaster.result is not None
    scores = forecaster.result.per_product()
    name = scores["unique_id"][int(scores["mae"].notna().to_numpy().argmax())]
    shown = page(client, "/product", id=name)
    mean = forecaster.predict().set_index("unique_id").loc[name, "mean"].to_numpy()
    said = [units(row[1]) for row in shown.tables[0][1:]]
    np.testing.assert_allclose(said, mean, atol=0.06)
    assert "Seasonal naive" in shown.text
    answer = client.get("/product", params={"id": "<b>nobody</b>"})
    assert answer.status_code == 404
    assert "<b>" not in answer.text


def test_a_forecast_that_stands_on_little_says_so(client: TestClient, catalog_model: Path) -> None:
    table = Forecaster.load(catalog_model, device="cpu").predict(horizon=28).drop_duplicates("unique_id")
    said = ["products like it" in page(client, "/product", id=name).text for name in table["unique_id"]]
    assert said == table["cold_start"].tolist()
    assert {True, False} <= set(said)


def test_a_plan_moves_the_forecast_of_its_days(
    client: TestClient, served: Callable[..., TestClient], classic_model: Path
) -> None:
    classic = served(classic_model)
    plain = page(client, "/product", id="P0000003")
    assert "What if?" in plain.text
    planned = page(client, "/product", id="P0000003", signal="promotion", first=2, last=4)
    assert "with promotion on 3 days" in planned.text.lower()
    before = [row[1] for row in plain.tables[0][1:]]
    assert [row[1] for row in planned.tables[0][1:]] == before
    after = [row[-1] for row in planned.tables[0][1:]]
    assert before[1:4] != after[1:4]
    assert "What if?" not in page(classic, "/product", id="P0000003", price=3).text
    for strange in ({"price": "abc"}, {"price": "nan"}, {"price": "-1"}, {"first": "9999"}, {"last": "x"}):
        page(client, "/product", id="P0000003", **strange)


def test_promotions_are_listed_by_the_units_that_they_bring(client: TestClient) -> None:
    table = page(client, "/promotions").tables[0]
    more = [units(row[3]) for row in table[1:]]
    assert len(more) == 40
    assert more == sorted(more, reverse=True)


def test_how_good_it_is_has_all_its_parts(client: TestClient) -> None:
    shown = page(client, "/quality")
    for part in ("Seasonal naive", "By weekday", "By volume", "By class of demand", "By days ahead", "80 % interval"):
        assert part in shown.text, part
    for part in ("Largest error", "Most lost beside", "How it learned", "What the sales were"):
        assert part in shown.text, part


def test_with_stock_the_list_is_the_order_list(
    served: Callable[..., TestClient], catalog_model: Path, tmp_path: Path
) -> None:
    from shelfcast.planning import order_list

    forecaster = Forecaster.load(catalog_model, device="cpu")
    stock = pd.DataFrame({"unique_id": forecaster.products[:30], "on_hand": 5, "unit_cost": 1, "price": 3})
    stock.to_csv(tmp_path / "stock.csv", index=False)
    client = served(catalog_model, stock=tmp_path / "stock.csv")
    orders = order_list(forecaster, stock)
    shown = page(client, "/")
    assert "What to order now" in shown.text
    assert names(shown)[:30] == orders["unique_id"].tolist()
    assert orders["reason"][0] in shown.text
    (tmp_path / "stock.csv").write_text("unique_id,on_hand\nP0000001,-3\n")
    assert "There is no order list" in page(client, "/").text


def test_nothing_is_loaded_from_elsewhere_and_every_field_has_a_label(client: TestClient) -> None:
    for path in ("/", "/quality", "/promotions", "/product?id=P0000003"):
        shown = page(client, path)
        links = [v or "" for _, name, v in shown.attributes if name in ("href", "src", "action")]
        assert all(link.startswith(("/", "#", "data:,")) for link in links), links
        for link in links:
            if link.startswith("/static"):
                assert client.get(link).status_code == 200
        assert not [name for _, name, _ in shown.attributes if name.startswith("on")]
        assert shown.tags.count("h1") == 1
        fields = sum(shown.tags.count(tag) for tag in ("select",))
        assert shown.tags.count("label") >= fields


@pytest.fixture(scope="module")
def hostile(served: Callable[..., TestClient], tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    folder = tmp_path_factory.mktemp("hostile") / "model"
    rng = np.random.default_rng(0)
    sales = rng.poisson(5, (len(HOSTILE), 40)).astype(np.float32)
    dates = np.datetime64("2024-01-01") + np.arange(40)
    groups = np.array(HOSTILE[1:] + HOSTILE[:1])
    panel = Panel.of(sales, dates, HOSTILE, attributes={"<i>kind</i>": groups})
    with undrawn():
        Forecaster("classic", device="cpu", epochs=1).fit(panel, test_days=7).save(folder)
    return served(folder)


def test_hostile_names_stay_text_on_every_screen(hostile: TestClient, client: TestClient) -> None:
    usual = set(page(client, "/").tags) | set(page(client, "/product", id="P0000003").tags)
    usual |= set(page(client, "/quality").tags) | set(page(client, "/promotions").tags)
    shown = page(hostile, "/")
    assert set(shown.tags) <= usual
    assert sorted(names(shown)) == sorted(HOSTILE)
    links = [v for tag, name, v in shown.attributes if tag == "a" and name == "href" and "/product?" in (v or "")]
    assert len(links) == len(HOSTILE)
    for link in links:
        own = page(hostile, str(link))
        assert set(own.tags) <= usual
        assert not [name for _, name, _ in own.attributes if name.startswith("on")]
    assert set(page(hostile, "/quality").tags) <= usual
    for name in HOSTILE:
        assert page(hostile, "/", search=name).tables[0][1][0]
        assert page(hostile, "/", search=name.replace("\n", " ")).tables[0][1][0]  # what a field makes of it


def test_what_is_taken_away_runs_in_no_spreadsheet(hostile: TestClient) -> None:
    table = pd.read_csv(io.BytesIO(hostile.get("/list.csv").content), dtype=str, keep_default_na=False)
    assert len(table) == len(HOSTILE)
    assert not [name for name in table["unique_id"] if name[0] in "=+-@\t\r"]
