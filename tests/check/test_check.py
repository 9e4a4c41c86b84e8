"""The data report: each finding on a shop in which it was planted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from shelfcast.check import check_sales, patterns
from shelfcast.cli import main
from shelfcast.panel import Panel
from shelfcast.reading import read_sales
from shelfcast.report.check_page import render_check

T = 280


def shop(**changes: np.ndarray) -> Panel:
    """Steady products of about 10 units a day, with others in their place."""
    rng = np.random.default_rng(0)
    sales = {name: rng.poisson(10, T).astype(float) + 1 for name in "abcdef"} | changes
    dates = np.datetime64("2023-01-02") + np.arange(T)
    return Panel.of(np.array(list(sales.values())), dates, list(sales))


def found(panel: Panel) -> dict[str, int]:
    check = check_sales(*read_sales(panel))
    return {finding.name: finding.count for finding in check.findings}


def test_a_steady_shop_has_nothing_to_say() -> None:
    assert set(found(shop()).values()) == {0}


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("Suspected stock-outs", lambda units: np.where((np.arange(T) >= 100) & (np.arange(T) < 105), 0, units)),
        ("Outliers", lambda units: np.where(np.arange(T) == 200, 4000, units)),
        ("Late listings", lambda units: np.where(np.arange(T) < 60, 0, units)),
        ("Silent products", lambda units: np.where(np.arange(T) > 150, 0, units)),
        ("Level shifts", lambda units: np.where(np.arange(T) < 140, units, 4 * units)),
        ("Gaps", lambda units: np.where((np.arange(T) >= 100) & (np.arange(T) < 129), 0, units)),
    ],
)
def test_what_is_planted_is_found_once(name: str, change: object) -> None:
    steady = shop().sales[0].astype(float)
    assert found(shop(x=change(steady)))[name] == 1  # type: ignore[operator]


def test_closed_days_are_found() -> None:
    panel = shop()
    sales = panel.sales.copy()
    sales[:, 50] = 0
    assert found(Panel.of(sales, panel.dates, panel.products))["Closed days"] == 1


def test_patterns_are_those_of_syntetos_and_boylan() -> None:
    day = np.arange(T)
    panel = shop(
        erratic=np.where(day % 10 == 0, 200.0, 5.0),
        intermittent=np.where(day % 4 == 0, 5.0, 0.0),
        lumpy=np.where(day % 4 == 0, np.where(day % 40 == 0, 200.0, 5.0), 0.0),
        young=np.where(day > 260, 5.0, 0.0),
    )
    names = dict(zip(panel.products.tolist(), patterns(panel).pattern.tolist(), strict=True))
    assert names["a"] == "smooth"
    assert [names[n] for n in ("erratic", "intermittent", "lumpy")] == ["erratic", "intermittent", "lumpy"]
    assert names["young"] == "too short"


def test_the_command_prints_and_writes_the_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "sales.csv"
    days = pd.date_range("2024-01-01", periods=40).strftime("%d.%m.%Y")
    pd.DataFrame({"Datum": days, "Artikel": "<b>", "Menge": "1,5"}).to_csv(path, sep=";", index=False)
    assert main(["check", str(path), "--out", str(tmp_path / "r.html")]) == 0
    said = capsys.readouterr().out
    assert "smooth" in said
    assert "the day comes first" in said
    html = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;" in html
    assert "<b>" not in html.replace("<dd><b>", "")


def test_a_name_that_a_terminal_would_obey_is_escaped() -> None:
    days = np.arange(T)
    panel = shop(**{"\x1b[2J": np.where(days < 60, 0.0, np.where(days == 200, 4000.0, 10.0))})
    check = check_sales(*read_sales(panel))
    assert all(line.isprintable() for line in check.lines())
    assert any("\\x1b[2J" in line for line in check.lines())


def test_the_page_renders_for_one_product_of_two_days() -> None:
    panel, reading = read_sales(pd.DataFrame({"date": ["2024-01-01", "2024-01-02"], "item": "a", "qty": [0, 0]}))
    assert "too short" in render_check(check_sales(panel, reading))


def test_a_stock_table_says_which_days_were_sold_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    days = pd.date_range("2024-01-01", periods=60)
    rows = pd.concat([pd.DataFrame({"date": days, "item": item, "quantity": 20}) for item in "ab"], ignore_index=True)
    rows.loc[30:35, "quantity"] = 0
    rows.to_csv(tmp_path / "sales.csv", index=False)
    rows.assign(sold_out=rows.quantity == 0).to_csv(tmp_path / "stock.csv", index=False)
    plain = ["check", str(tmp_path / "sales.csv")]
    assert main(plain) == 0
    assert "1 still runs" in capsys.readouterr().out
    assert main([*plain, "--stock", str(tmp_path / "stock.csv")]) == 0
    told = capsys.readouterr().out
    assert "0 still runs" in told
    assert "sold_out" in told
