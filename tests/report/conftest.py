from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from shelfcast.evaluation.backtest import Backtest
from shelfcast.panel import Panel, Status
from shelfcast.reading import ReadingReport
from shelfcast.recipe import CatalogRecipe, ClassicRecipe
from shelfcast.report.page import ReportContent
from shelfcast.training import TrainingRun


def make_content(names, days=150, test_days=20, error=1.0, never_scored=(), reading=True, intervals=False, **replaced):
    """A report's content: Poisson sales, and a forecast that knows their mean and adds an error of its own."""
    random = np.random.default_rng(0)
    level = random.uniform(0.2, 60, (len(names), 1))
    sales = random.poisson(level, (len(names), days)).astype(np.float32)
    status = np.full(sales.shape, Status.ON_SALE, np.uint8)
    absent = np.isin(names, never_scored)
    sales[absent], status[absent] = 0, Status.NOT_ON_SALE
    dates = np.datetime64("2024-01-01") + np.arange(days)
    panel = Panel.of(sales, dates, names, status)
    level = level[np.argsort(np.array(names, dtype=np.str_), kind="stable")]
    forecast = np.abs(level + error * random.normal(size=(len(names), test_days))).astype(np.float32)
    outputs = {
        "median": forecast,
        "lo-80": forecast / 2,
        "hi-80": 2 * forecast,
        "lo-95": 0 * forecast,
        "hi-95": 4 * forecast,
    }
    losses = [0.3 / epoch + 0.05 for epoch in range(1, 41)]
    recent = panel.tail(120)
    tomorrow = pd.DataFrame(
        {
            "unique_id": panel.products,
            "ds": pd.Timestamp(panel.last_day + np.timedelta64(1, "D")),
            "cutoff": pd.Timestamp(panel.last_day),
            "mean": level[:, 0],
            "on_sale": panel.on_sale[:, -1],
        }
    )
    account = ReadingReport(
        source="sales.csv",
        columns=(),
        rows=int(sales.size),
        units_read=float(sales.sum()),
        products=len(names),
        products_never_sold=len(never_scored),
        first_day=str(dates[0]),
        last_day=str(dates[-1]),
        days=days,
        zero_share=float((sales == 0).mean()),
        units=float(sales.sum()),
        partial_last_day="The last day looks cut short.",
    )
    content = {
        "title": "Demand of a shop",
        "recipe": CatalogRecipe() if intervals else ClassicRecipe(),
        "reading": account if reading else None,
        "run": TrainingRun({"train": losses, "validation": losses, "test": losses}, 40, False),
        "result": Backtest.of(panel, "catalog" if intervals else "classic", forecast, outputs if intervals else None),
        "ahead": Backtest.of(panel, "catalog", forecast, outputs, one_origin=True) if intervals else None,
        "recent": recent,
        "tomorrow": tomorrow,
        "refitted": True,
    }
    return ReportContent(**(content | replaced))


@pytest.fixture(scope="session")
def report():
    return SimpleNamespace(of=make_content, shop=make_content([f"product {n:02}" for n in range(40)]))
