"""The README's two pictures of the page: the simulated shop, served, seen by Chromium.

    python -m benchmarks.pictures --out docs

Needs Chromium (apt install chromium) and the package's extra `test`.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.service import Service


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pictures", description=__doc__)
    parser.add_argument("--model", type=Path, help="a model folder (default: the simulated shop, trained for it)")
    parser.add_argument("--out", type=Path, default=Path("docs"))
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("There is no chromium here: apt install chromium.")
    with tempfile.TemporaryDirectory() as folder:
        model = options.model or made_model(Path(folder))
        stock = Path(folder) / "stock.csv"
        stock_of(model).to_csv(stock, index=False)
        service = Service(model, "--stock", str(stock))
        try:
            service.wait_until_ready()
            take(f"http://127.0.0.1:{service.port}", chromium, options.out)
        finally:
            service.process.kill()
            service.process.wait()


def made_model(folder: Path) -> Path:
    from shelfcast import Forecaster, sample_shop

    shop = sample_shop(products=200, days=730)
    Forecaster("catalog", device="cpu").fit(shop.panel, test_days=28).save(folder / "model")
    return folder / "model"


def stock_of(model: Path) -> pd.DataFrame:
    """About four days of what each product sold lately, more or less."""
    from shelfcast import Forecaster

    recent = Forecaster.load(model, device="cpu").recent
    daily = recent.sales[:, -28:].mean(axis=1)
    days = np.random.default_rng(0).uniform(0, 9, len(daily))
    return pd.DataFrame(
        {
            "unique_id": recent.products,
            "on_hand": np.round(daily * days),
            "lead_time": 2,
            "review_period": 3,
            "pack_size": 6,
            "unit_cost": 1.0,
            "price": 1.6,
        }
    )


def take(url: str, chromium: str, out: Path) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser: Any = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 1240, "height": 1150})
        tab.goto(url + "/", wait_until="networkidle")
        tab.wait_for_timeout(500)
        tab.screenshot(path=str(out / "page.png"))
        tab.locator("table.list tbody th a").first.click()
        tab.wait_for_load_state("networkidle")
        tab.wait_for_timeout(500)
        tab.screenshot(path=str(out / "product.png"))
        browser.close()


if __name__ == "__main__":
    main()
