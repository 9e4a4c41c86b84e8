"""The page in Debian's Chromium: clicked through, its numbers held against the model folder."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from hostile_names import HOSTILE
from service_process import Process, running

from shelfcast import Forecaster, Panel

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here: apt install chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


class Watched:
    """A tab that remembers what went wrong in it and where it went."""

    def __init__(self, browser: Any, service: Process, **settings: Any) -> None:
        self.service, self.errors, self.elsewhere = service, [], []  # type: ignore[var-annotated]
        self.tab = browser.new_page(**settings)
        self.tab.set_default_timeout(120_000)  # two minutes, on a very busy machine
        self.tab.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        self.tab.on("pageerror", lambda error: self.errors.append(str(error)))
        self.tab.on("dialog", lambda dialog: (self.errors.append("a dialog"), dialog.dismiss()))
        self.tab.on("request", self._requested)

    def _requested(self, request: Any) -> None:
        if urlsplit(request.url).scheme != "data" and not request.url.startswith(self.service.url):
            self.elsewhere.append(request.url)

    def go(self, path: str) -> Any:
        self.tab.goto(self.service.url + path, wait_until="networkidle")
        return self.tab

    def check(self) -> None:
        assert self.errors == []
        assert self.elsewhere == []


def first_number(text: str) -> float:
    return float(re.sub(r"[^\d.]", "", text))


def click_through(browser: Any, service: Process, forecaster: Forecaster) -> None:
    """All screens, as a planner would."""
    watched = Watched(browser, service)
    tab = watched.go("/")
    table = forecaster.predict()
    mean = table[table["ds"] == table["ds"].min()].set_index("unique_id")["mean"]
    shown = first_number(tab.locator(".figures dd b").first.inner_text())
    assert shown == pytest.approx(mean.sum(), rel=2e-3, abs=0.6)
    top = tab.locator("table.list tbody th a").first
    assert top.inner_text().strip() == mean.idxmax()
    tab.locator(".plot.drawn svg").first.wait_for()
    if len(mean) > 50:
        tab.get_by_role("link", name="Next", exact=True).click()
        assert "Page 2 of" in tab.locator(".pager").inner_text()
    name = str(mean.index[len(mean) // 2])
    tab.get_by_role("searchbox", name="Product").fill(name)
    tab.get_by_role("searchbox", name="Product").press("Enter")
    tab.locator("table.list tbody th a").first.click()
    tab.locator(".plot.drawn svg").first.wait_for()
    assert tab.locator("h1").inner_text() == name
    tomorrow = first_number(tab.locator(".figures dd b").first.inner_text())
    assert tomorrow == pytest.approx(mean[name], rel=6e-3, abs=0.06)
    tab.get_by_role("link", name="How good is it").click()
    assert "Seasonal naive" in tab.content()
    tab.get_by_role("link", name="Promotions").click()
    assert tab.locator("h1").inner_text().startswith("Which products")
    watched.check()
    tab.close()


@pytest.fixture(scope="module")
def catalog_service(catalog_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    database = f"sqlite:///{tmp_path_factory.mktemp('browsed') / 'sales.sqlite3'}"
    with running(catalog_model, "--database", database) as service:
        yield service


@needs_chromium
def test_the_screens_are_clicked_through(browser: Any, catalog_service: Process, catalog_model: Path) -> None:
    click_through(browser, catalog_service, Forecaster.load(catalog_model, device="cpu"))


@needs_chromium
def test_the_lists_work_without_javascript_with_the_keyboard_and_on_a_phone(
    browser: Any, catalog_service: Process
) -> None:
    watched = Watched(browser, catalog_service, java_script_enabled=False, viewport={"width": 390, "height": 800})
    tab = watched.go("/")
    assert tab.locator("table.list tbody tr").count() == 40
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    tab.get_by_role("searchbox", name="Product").fill("P0000007")
    tab.get_by_role("button", name="Show").click()
    assert tab.locator("table.list tbody tr").count() == 1
    watched.check()
    tab.close()


@needs_chromium
@pytest.mark.slow
def test_thirty_thousand_products_fifty_of_them_hostile(browser: Any, tmp_path: Path) -> None:
    rng, count = np.random.default_rng(0), 30_000
    products = [*HOSTILE, *(f"S{n % 10}/item {n:05}" for n in range(count - len(HOSTILE)))]
    sales = rng.poisson(rng.gamma(1, 3, (count, 1)), (count, 100)).astype(np.float32)
    stores = np.array([f"store {n % 10}" for n in range(count)])
    panel = Panel.of(sales, np.datetime64("2024-01-01") + np.arange(100), products, attributes={"store": stores})
    forecaster = Forecaster("catalog", device="cpu", steps=1).fit(panel, test_days=3)
    forecaster.save(tmp_path / "model")
    with running(tmp_path / "model") as service:
        click_through(browser, service, forecaster)
        watched = Watched(browser, service)
        for name in HOSTILE:
            tab = watched.go("/")
            tab.get_by_role("searchbox", name="Product").fill(name)
            tab.get_by_role("searchbox", name="Product").press("Enter")
            tab.wait_for_load_state("networkidle")
            assert tab.locator("table.list tbody tr").count() >= 1
        watched.check()
