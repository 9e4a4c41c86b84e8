import re
from html.parser import HTMLParser

import numpy as np
import pytest

from shelfcast.report.formats import percent
from shelfcast.report.page import Beside, render_report, write_report
from shelfcast.report.plots import save_loss_curves
from shelfcast.training import TrainingRun

VOID = {"meta", "br", "link", "img", "hr", "input"}
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "$\\frac{1}{0}$ a_b^c",
    "</title></style></svg>",
    "&lt;b&gt; &amp;",
    "http://example.com/track.js",
    "\u202e right to left",
    "☕ 抹茶 🍵",
    "x" * 500,
    "\x01\x0b\n",
]


class Page(HTMLParser):
    """The tags of a page, which must be balanced, and the text of each table's rows."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.html = html
        self.tags, self.attributes, self.open, self.tables, self.text = [], [], [], [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)
        if {"td", "th"} & set(self.open):
            self.tables[-1][-1][-1] += data


@pytest.fixture(scope="module")
def shop_page(report):
    return Page(render_report(report.shop))


def test_the_page_is_whole_and_has_its_sections(shop_page):
    for tag in ("html", "head", "title", "body", "header", "main", "footer"):
        assert shop_page.tags.count(tag) == 1
    ids = [value for _, name, value in shop_page.attributes if name == "id"]
    assert ids == ["shop", "scores", "training", "errors", "products", "verdicts", "tomorrow", "sales", "method"]
    assert shop_page.tags.count("svg") == 3 + 9


def test_every_picture_says_what_it_shows(shop_page):
    labels = [value for tag, name, value in shop_page.attributes if (tag, name) == ("svg", "aria-label")]
    assert len(labels) == shop_page.tags.count("svg")
    assert all(labels)


def test_nothing_is_loaded_linked_or_run(shop_page):
    assert not {"script", "link", "img", "iframe", "use", "image", "base", "form"} & set(shop_page.tags)
    assert not [name for _, name, _ in shop_page.attributes if name.startswith("on") or name == "src"]
    links = [value for _, name, value in shop_page.attributes if name in ("href", "xlink:href")]
    assert all(link.startswith("#") for link in links)
    assert "://" not in shop_page.html
    assert "url(" not in shop_page.html
    assert "default-src 'none'" in shop_page.html


def test_hostile_names_stay_text(report, shop_page):
    page = Page(render_report(report.of(HOSTILE, title=HOSTILE[0])))
    assert page.tags.count("script") == page.tags.count("img") == 0
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]
    assert set(page.tags) <= set(shop_page.tags)
    shown = [row[0] for row in page.tables[-1][1:]]
    assert sorted(shown) == sorted(HOSTILE)


def test_a_file_name_that_is_no_text_is_written_nevertheless(report, tmp_path):
    write_report(tmp_path, report.of(["☕ 抹茶 🍵"], title="caf\udce9.csv"))
    html = (tmp_path / "report.html").read_bytes().decode("utf-8")
    assert "☕ 抹茶 🍵" in html
    assert "<h1>caf&#56553;.csv</h1>" in html


def test_the_score_table_is_the_scores_model_first(report, shop_page):
    scores = report.shop.result.scores()
    header, *rows = shop_page.tables[0]
    assert header == ["Forecast", "MAE", "Median MAE", "MSE", "RMSE", "WAPE", "RMSSE", "Bias"]
    assert len(rows) == len(scores)
    assert rows[0][0].startswith("classic")
    for row, (_, score) in zip(rows, scores.iterrows(), strict=True):
        assert score["model"] in row[0]
        for text, name in zip(row[1:], ["mae", "mae_median", "mse", "rmse", "wape", "rmsse", "bias"], strict=True):
            shown = text.removesuffix(" (best)")
            if name == "wape":
                assert shown == percent(score[name])
            else:
                places = len(shown.partition(".")[2])
                assert shown.replace("−", "-") == f"{score[name]:,.{places}f}"


def test_the_best_of_each_column_is_marked_and_no_other(report, shop_page):
    scores = report.shop.result.scores()
    for at, name in enumerate(["mae", "mae_median", "mse", "rmse", "wape", "rmsse", "bias"], start=1):
        marked = [row[at].endswith(" (best)") for row in shop_page.tables[0][1:]]
        assert marked.index(True) == int(scores[name].abs().argmin())
        assert len({row[at] for row in shop_page.tables[0][1:] if row[at].endswith(" (best)")}) == 1


def test_seasonal_naive_is_in_the_score_table(shop_page):
    assert any("seasonal_naive" in row[0] for row in shop_page.tables[0])


def test_the_headline_is_the_verdict_whichever_way_it_goes(report, shop_page):
    good, bad = report.shop.result.summary(), (content := report.of(["a"], error=500.0)).result.summary()
    assert "does not beat" not in good
    assert good in "".join(shop_page.text)
    assert "does not beat" in bad
    assert bad in "".join(Page(render_report(content)).text)


def test_notes_stand_before_the_numbers(report, shop_page):
    text = "".join(shop_page.text)
    assert text.index("The last day looks cut short.") < text.index("Error a product and day")
    assert "has not learned from the test days" not in text
    losses = [0.3, 0.2]
    run = TrainingRun({"train": losses, "validation": losses, "test": losses}, 2, True)
    cut = "".join(Page(render_report(report.of(["a"], run=run, refitted=False))).text)
    assert "Training was interrupted: these are the scores" in cut
    assert "has not learned from the test days" in cut


def test_a_product_that_was_never_scored_is_counted_and_forecast_but_not_drawn(report):
    names = [f"product {n:02}" for n in range(7)]
    content = report.of(names, never_scored=["product 05"])
    page = Page(render_report(content))
    assert "; 1 product could not be scored" in "".join(page.text)
    assert not [value for tag, _, value in page.attributes if tag == "svg" and "product 05" in value]
    assert [row for row in page.tables[-1] if row[0] == "product 05 not sold yet"]


@pytest.mark.parametrize("days", [(3, 1), (300, 200)])
def test_one_product_without_an_account_on_few_days_or_on_many(report, days, tmp_path):
    content = report.of(["only"], days=days[0], test_days=days[1], reading=False)
    write_report(tmp_path, content)
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert page.tags.count("svg") == 3 + 1
    assert "there is no account" in "".join(page.text)


def test_training_that_was_stopped_before_its_first_epoch_has_a_report(report, tmp_path):
    run = TrainingRun({"train": [], "validation": [], "test": []}, 0, True)
    write_report(tmp_path, report.of(["a"], run=run, refitted=False))
    assert "learned nothing" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_long_tables_are_cut_and_say_so(report):
    content = report.of([f"{n:04}" for n in range(400)], error=500.0)
    page = Page(render_report(content))
    text = " ".join("".join(page.text).split())
    *_, why, underserved, tomorrow = page.tables
    assert len(underserved) == 1 + 30
    assert len(tomorrow) == 1 + 200
    lacking = sum(int(row[1]) for row in why[1:])
    assert lacking == (content.result.comparison.verdict == "not better").sum()
    assert f"{lacking - 30} more products in per_product.csv" in text
    assert "The other 200 are in the table that shelfcast forecast writes." in text


def test_the_same_content_gives_the_same_bytes_and_the_loss_curves_are_a_png(report, shop_page, tmp_path):
    write_report(tmp_path, report.shop)
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == shop_page.html
    picture = (tmp_path / "loss_curves.png").read_bytes()
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    save_loss_curves(report.shop.run, tmp_path / "again.png")
    assert (tmp_path / "again.png").read_bytes() == picture


def test_tomorrow_lists_every_product_the_most_units_first(report, shop_page):
    _, *rows = shop_page.tables[-1]
    assert sorted(row[0] for row in rows) == report.shop.recent.products.tolist()
    units = [float(row[1]) for row in rows]
    assert units == sorted(units, reverse=True)
    assert np.isclose(sum(units), report.shop.tomorrow["mean"].sum(), atol=0.05 * len(units))


@pytest.fixture(scope="module")
def both_recipes(report):
    names = [f"product {n:02}" for n in range(12)]
    classic = report.of(names, error=3.0)
    averaged = TrainingRun({"train": [0.5] * 20, "test": [0.5] * 20}, 20, False, averaged=True)
    content = report.of(names, intervals=True, run=averaged, beside=Beside(classic.result, classic.run))
    return content, Page(render_report(content))


def test_another_recipe_stands_beside_the_model_with_its_scores_its_verdict_and_its_curves(both_recipes):
    content, page = both_recipes
    text = "".join(page.text)
    models = [row[0] for row in page.tables[0][1:]]
    assert [re.match(r"\w+?(?=this|the )", name)[0] for name in models[:2]] == ["catalog", "classic"]
    assert len(models) == 2 + 5
    assert content.beside.result.summary() in text
    assert content.result.summary() in text
    assert page.tags.count("svg") == 4 + 9
    labels = [value for _, name, value in page.attributes if name == "aria-label"]
    assert "Loss of the training, validation and test days of classic." in labels


def test_the_days_ahead_have_a_table_of_their_own_and_the_intervals_their_coverage(both_recipes):
    content, page = both_recipes
    text = " ".join("".join(page.text).split())
    assert page.tables[1][0] == page.tables[0][0]
    assert page.tables[1][1][1] == f"{content.ahead.scores()['mae'][0]:.3f}"
    assert len(page.tables[1]) == 1 + 6
    for result, task in ((content.result, "forecast the day before"), (content.ahead, "all forecast from one day")):
        low, high = (f"{100 * held:.1f} %" for held in result.intervals()["coverage"])
        assert f"{task}, the 80 % interval held {low} of them and the 95 % interval held {high}" in text
    assert "MAE is that of the model's median" in text
    assert "no prices or promotions" in text


def test_a_report_of_one_recipe_without_intervals_says_nothing_of_them(shop_page):
    text = "".join(shop_page.text)
    assert "interval held" not in text
    assert "beside it" not in text
    assert "from one origin" not in text
    assert "without an interval around it" in text
