"""A live forecast is the forecaster's own, told of the same sales."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from shelfcast import Forecaster, Panel
from shelfcast.errors import HistoryError
from shelfcast.forecaster import forecast_table
from shelfcast.service.live import Foreseen, LiveCatalog, LiveClassic, Told

OUTPUTS = ("mean", "median", "lo-80", "hi-80", "lo-95", "hi-95")


def known_and_whole(folder: Path, new: int, days: int = 500) -> tuple[Forecaster, Panel, Panel]:
    forecaster = Forecaster.load(folder, device="cpu")
    whole = forecaster.recent.tail(days)
    known = whole.until(whole.dates[-1 - new])
    if not new:
        return forecaster, known, whole
    newer = Panel.of(whole.sales[:, -new:], whole.dates[-new:], whole.products, attributes=whole.attributes)
    return forecaster, known, known.followed_by(newer)


def live_of(forecaster: Forecaster, panel: Panel) -> LiveCatalog:
    prepared = LiveCatalog.prepare(forecaster.model, panel)  # type: ignore[arg-type]
    return LiveCatalog(forecaster.model, panel, prepared, Foreseen.of(panel))  # type: ignore[arg-type]


def says(forecaster: Forecaster, panel: Panel, horizon: int) -> dict[str, np.ndarray]:
    """What the forecaster says after the panel's last day."""
    table = forecast_table(panel, forecaster.model.ahead(panel, horizon))
    return {name: table[name].to_numpy().reshape(-1, horizon) for name in table if name in OUTPUTS}


def test_told_of_nothing_it_is_the_stored_forecast(catalog_model: Path) -> None:
    forecaster, _, panel = known_and_whole(catalog_model, 0)
    stored = says(forecaster, panel, 28)
    rows = np.array([0, 7, 39])
    for name, values in live_of(forecaster, panel).ahead(Told(rows), 28).items():
        np.testing.assert_allclose(values, stored[name][rows], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("days", [500, 80])
def test_told_of_all_products_it_is_the_forecast_of_the_longer_panel(catalog_model: Path, days: int) -> None:
    forecaster, known, whole = known_and_whole(catalog_model, 2, days)
    N, T = known.sales.shape
    product, day = np.repeat(np.arange(N), 2), np.tile([T, T + 1], N)
    told = Told(np.arange(N), product, day, whole.sales[:, -2:].ravel())
    expected = says(forecaster, whole, 14)
    for name, values in live_of(forecaster, known).ahead(told, 14).items():
        np.testing.assert_allclose(values, expected[name], rtol=1e-5, atol=1e-5)


def test_a_corrected_day_is_taken_as_if_it_had_always_been_so(catalog_model: Path) -> None:
    forecaster, _, panel = known_and_whole(catalog_model, 0)
    sales = panel.sales.copy()
    sales[7, -5] += 30
    expected = says(forecaster, replace(panel, sales=sales), 7)["mean"][7]
    told = Told(np.array([7, 9]), np.array([0]), np.array([len(panel.dates) - 5]), sales[7, -5:-4])
    said = live_of(forecaster, panel).ahead(told, 7)["mean"][0]
    np.testing.assert_allclose(said, expected, rtol=1e-5, atol=1e-5)
    assert not np.allclose(said, says(forecaster, panel, 7)["mean"][7], rtol=1e-4)


def test_a_products_forecast_does_not_hang_on_who_else_is_told_of_with_known_sales(catalog_model: Path) -> None:
    forecaster, _, panel = known_and_whole(catalog_model, 0)
    live, T = live_of(forecaster, panel), len(panel.dates)
    new = np.array([T]), np.array([9.0], np.float32)
    alone = live.ahead(Told(np.array([3]), np.array([0]), *new), 7)["mean"][0]
    week_ago = panel.sales[5, T - 7 : T - 6]
    both = Told(np.array([3, 5]), np.array([0, 1]), np.array([T, T]), np.append(new[1], week_ago))
    np.testing.assert_allclose(live.ahead(both, 7)["mean"][0], alone, rtol=1e-5)


def test_a_planned_price_and_promotion_move_the_forecast_of_that_product_only(catalog_model: Path) -> None:
    forecaster, _, panel = known_and_whole(catalog_model, 0)
    live, rows = live_of(forecaster, panel), np.array([3, 5])
    before = live.ahead(Told(rows), 7)["mean"]
    assert panel.covariates is not None
    assert panel.covariates.prices is not None
    price = np.full(7, panel.covariates.prices[3, -1] / 2, np.float32)
    for plan in ({"prices": {0: price}}, {"signals": {"promotion": {0: np.ones(7, np.float32)}}}):
        after = live.ahead(Told(rows, **plan), 7)["mean"]  # type: ignore[arg-type]
        assert not np.allclose(after[0], before[0], rtol=1e-3)
        np.testing.assert_array_equal(after[1], before[1])


def test_classic_told_of_all_products_is_the_forecast_of_the_longer_panel(classic_model: Path) -> None:
    forecaster, known, whole = known_and_whole(classic_model, 3)
    N, T = known.sales.shape
    product, day = np.repeat(np.arange(N), 3), np.tile(np.arange(T, T + 3), N)
    live = LiveClassic(forecaster.model, known, Foreseen.of(known))  # type: ignore[arg-type]
    said = live.ahead(Told(np.arange(N), product, day, whole.sales[:, -3:].ravel()), 1)
    np.testing.assert_allclose(said["mean"], says(forecaster, whole, 1)["mean"], rtol=1e-6)
    with pytest.raises(HistoryError):
        live.ahead(Told(np.arange(N)), 2)


def test_days_past_what_can_be_forecast_are_an_error(catalog_model: Path) -> None:
    forecaster, _, panel = known_and_whole(catalog_model, 0)
    told = Told(np.array([0]), np.array([0]), np.array([len(panel.dates) + 79]), np.ones(1, np.float32))
    with pytest.raises(HistoryError, match="nightly"):
        live_of(forecaster, panel).ahead(told, 28)
