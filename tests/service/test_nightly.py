"""The nightly run takes days in once, scores what was forecast, and promotes only what is better."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from service_helpers import undrawn

from shelfcast import Forecaster, Panel, sample_shop
from shelfcast.cli import main
from shelfcast.service import nightly
from shelfcast.service.nightly import run_nightly


@pytest.fixture(autouse=True)
def _undrawn() -> Iterator[None]:
    with undrawn():
        yield


@pytest.fixture(scope="module")
def shop() -> Panel:
    panel = sample_shop(products=6, days=110).panel
    return Panel.of(panel.sales, panel.dates, panel.products, attributes=panel.attributes)


@pytest.fixture(scope="module")
def trained(shop: Panel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nightly") / "model"
    forecaster = Forecaster("classic", device="cpu", epochs=1)
    with undrawn():
        forecaster.fit(shop.until(shop.dates[79]), test_days=14).save(folder)
    return folder


@pytest.fixture
def folder(trained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "model"))


def after(shop: Panel, days: int) -> Panel:
    """The sales up to so many days after the model's last."""
    return shop.until(shop.dates[79 + days]).tail(days)


def log(folder: Path) -> dict[str, object]:
    return dict(json.loads((folder / "nightly" / "nights.json").read_text()))


def test_a_night_moves_the_forecast_on_and_scores_the_one_before(shop: Panel, folder: Path) -> None:
    said = Forecaster.load(folder, device="cpu").predict()["mean"].to_numpy()
    report = run_nightly(folder, after(shop, 1), "cpu")
    assert (report.new_days, report.promoted) == (1, None)
    loaded = Forecaster.load(folder, device="cpu")
    assert loaded.recent.last_day == shop.dates[80]
    night = log(folder)["nights"][str(shop.dates[80])]  # type: ignore[index]
    counted = loaded.recent.observed[:, -1]
    assert night["mae"] == pytest.approx(np.abs(said - shop.sales[:, 80])[counted].mean(), rel=1e-5)
    assert report.forecast["ds"].astype(str).unique().tolist() == [str(shop.dates[81])]


def test_running_it_twice_is_running_it_once(shop: Panel, folder: Path) -> None:
    run_nightly(folder, after(shop, 2), "cpu")
    version, nights = (folder / "current").read_text(), log(folder)
    again = run_nightly(folder, after(shop, 2), "cpu")
    assert again.new_days == 0
    assert ((folder / "current").read_text(), log(folder)) == (version, nights)
    assert run_nightly(folder, None, "cpu").new_days == 0


def test_a_candidate_is_held_against_the_old_model_on_days_that_neither_has_seen(
    shop: Panel, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    fit = Forecaster.fit

    def watched(self: Forecaster, panel: Panel, test_days: int, reading: object, **rules: object) -> Forecaster:
        seen.append((panel.last_day, test_days))
        return fit(self, panel, test_days, reading, **rules)  # type: ignore[arg-type]

    monkeypatch.setattr(Forecaster, "fit", watched)
    errors = iter([1.0, 2.0, 2.0, 1.0])
    monkeypatch.setattr(nightly, "_error", lambda *arguments: next(errors))
    assert run_nightly(folder, after(shop, 6), "cpu").promoted is None
    report = run_nightly(folder, after(shop, 10), "cpu")
    assert report.promoted is True
    assert seen == [(shop.dates[89], 10)]
    promoted = Forecaster.load(folder, device="cpu")
    assert promoted.result is not None
    assert promoted.result.dates[-1] == shop.dates[89]
    assert run_nightly(folder, after(shop, 12), "cpu").promoted is None
    worse = run_nightly(folder, after(shop, 20), "cpu")
    assert worse.promoted is False
    kept = Forecaster.load(folder, device="cpu")
    assert kept.result is not None
    assert kept.result.dates[-1] == shop.dates[89]
    assert kept.recent.last_day == shop.dates[99]


def test_drift_new_and_vanished_products_are_said(shop: Panel, folder: Path) -> None:
    sales = shop.sales * 3
    sales[0] = 0
    names = [*shop.products.tolist(), "new"]
    attributes = {name: np.append(values, values[0]) for name, values in shop.attributes.items()}
    changed = Panel.of(np.vstack([sales, sales[1]]), shop.dates, names, attributes=attributes)
    said = ""
    for day in range(1, 9):
        said = "\n".join(run_nightly(folder, changed.until(changed.dates[79 + day]).tail(day), "cpu").drift)
    assert "Drift: the error" in said
    assert "Drift: the forecasts" in said
    assert "'new'" in said


def test_posted_sales_are_taken_in_by_the_command(
    shop: Panel, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from shelfcast.service.ledger import SalesLedger, SoldRow
    from shelfcast.service.settings import ServiceSettings

    day = shop.dates[80].astype(object)
    ledger = SalesLedger(ServiceSettings(folder).database_url)
    ledger.put([SoldRow(str(name), day, float(y)) for name, y in zip(shop.products, shop.sales[:, 80], strict=True)])
    ledger.close()
    assert main(["nightly", str(folder), "--out", str(folder.parent / "f.csv")]) == 0
    assert f"1 new day, up to {day}" in capsys.readouterr().out
    assert Forecaster.load(folder, device="cpu").recent.sales[:, -1].tolist() == shop.sales[:, 80].tolist()
    assert main(["nightly", str(folder)]) == 0
    assert "nothing to do" in capsys.readouterr().out
    assert main(["nightly", str(folder), "--sales", "absent.csv"]) == 2


def prices_of(shop: Panel, days: int) -> pd.DataFrame:
    """A price list of the first so many days."""
    price = 1 + np.arange(len(shop.products))[:, None] + 0.5 * (np.arange(days) // 7 % 3)
    names = np.repeat(shop.products, days)
    return pd.DataFrame(
        {"unique_id": names, "date": np.tile(shop.dates[:days], len(shop.products)), "price": price.ravel()}
    )


def test_a_night_takes_tables_and_a_missing_plan_is_said_before_anything_is_kept(
    shop: Panel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, sales, prices = tmp_path / "model", tmp_path / "sales.csv", tmp_path / "prices.csv"
    forecaster = Forecaster("catalog", device="cpu", seq_len=4, filters=4, hidden=4, head=4, steps=2, horizon=3)
    forecaster.fit(shop.until(shop.dates[79]), test_days=14, prices=prices_of(shop, 80)).save(folder)
    day = {"unique_id": shop.products, "date": shop.dates[80], "y": shop.sales[:, 80].astype(int)}
    pd.DataFrame(day | shop.attributes).to_csv(sales, index=False)
    before = (folder / "current").read_text()
    assert main(["nightly", str(folder), "--sales", str(sales)]) == 2
    assert "--fill-prices last" in capsys.readouterr().err
    assert (folder / "current").read_text() == before
    assert not (folder / "nightly" / "nights.json").exists()
    prices_of(shop, 95).to_csv(prices, index=False)
    assert main(["nightly", str(folder), "--sales", str(sales), "--prices", str(prices)]) == 0
    known = Forecaster.load(folder, device="cpu").recent.covariates
    assert known is not None
    assert known.prices is not None
    assert np.isfinite(known.prices[:, : 80 + 1 + 3]).all()
    assert known.known_days["prices"] == 95


def test_a_promoted_model_keeps_the_holidays_and_the_rules_of_the_one_before(
    shop: Panel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "model"
    forecaster = Forecaster("catalog", device="cpu", seq_len=4, filters=4, hidden=4, head=4, steps=2, horizon=3)
    told = {"prices": prices_of(shop, 80), "holidays": ["DE"], "fill_prices": "last"}
    forecaster.fit(shop.until(shop.dates[79]), test_days=14, **told).save(folder)  # type: ignore[arg-type]
    errors = iter([1.0, 2.0])
    monkeypatch.setattr(nightly, "_error", lambda *arguments: next(errors))
    assert run_nightly(folder, after(shop, 10), "cpu").promoted is True
    rules = Forecaster.load(folder, device="cpu").rules
    assert (rules.holidays, rules.fill_prices) == (("DE",), "last")


def test_the_report_is_one_file_of_what_the_page_shows(folder: Path, tmp_path: Path) -> None:
    assert main(["report", str(folder), "-o", str(tmp_path / "report.html")]) == 0
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Where the errors lie" in html
    assert "://" not in html
    assert main(["report", str(folder), "-o", str(folder / "current" / "x.html")]) == 2
