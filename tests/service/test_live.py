"""A live forecast is the forecaster's own, told of the same sales."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from shelfcast import Forecaster, Panel, Status
from shelfcast.ahead import status_ahead
from shelfcast.errors import HistoryError
from shelfcast.forecast import forecast_ahead, forecast_table
from shelfcast.models.catalog import CatalogModel
from shelfcast.networks.catalog import Memory
from shelfcast.service import live
from shelfcast.service.live import LiveCatalog, LiveClassic
from shelfcast.service.told import Foreseen, Told

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
    model = forecaster.model
    assert isinstance(model, CatalogModel)
    return LiveCatalog(model, panel, Foreseen.of(panel), model.ahead_and_memory(panel, 1)[1])


def of_longer_pass(forecaster: Forecaster, new: int) -> Forecaster:
    """The same, whose pass over some new days more begins on the day on which that of the known ones began."""
    model = copy.copy(forecaster.model)
    model.recipe = replace(model.recipe, seq_len=model.recipe.seq_len + new)  # type: ignore[assignment, misc]
    longer = copy.copy(forecaster)
    longer._model = model
    return longer


def says(forecaster: Forecaster, panel: Panel, horizon: int) -> dict[str, np.ndarray]:
    """What the forecaster says after the panel's last day."""
    table = forecast_table(panel, forecast_ahead(forecaster.model, panel, horizon))
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
    expected = says(of_longer_pass(forecaster, 2), whole, 14)
    for name, values in live_of(forecaster, known).ahead(told, 14).items():
        np.testing.assert_allclose(values, expected[name], rtol=1e-5, atol=1e-5)


def test_it_goes_on_from_its_memory_unless_a_known_day_was_another(
    catalog_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forecaster, _, panel = known_and_whole(catalog_model, 0)
    service, T = live_of(forecaster, panel), len(panel.dates)
    lengths = []
    right = live.next_days
    monkeypatch.setattr(
        live, "next_days", lambda n, crop, *rest: lengths.append(crop.level.shape[1]) or right(n, crop, *rest)
    )
    known = panel.sales[3, [T - 2, T - 2]]
    for day, units in ((T, 4.0), (T + 5, 4.0), (T - 2, known[0]), (T - 2, known[0] + 1)):
        service.ahead(Told(np.array([3]), np.array([0]), np.array([day]), np.array([units], np.float32)), 7)
    assert lengths == [2, 7, 1, forecaster.recipe.seq_len]


def test_a_memory_of_something_else_would_be_seen(catalog_model: Path) -> None:
    forecaster, _, panel = known_and_whole(catalog_model, 0)
    service = live_of(forecaster, panel)
    right = service.ahead(Told(np.array([3])), 7)["mean"]
    service._memory = Memory(*(part.roll(1, dims=0) for part in service._memory))
    assert not np.allclose(service.ahead(Told(np.array([3])), 7)["mean"], right, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("day", "kept"), [(-5, 14), (-60, 14), (-60, 1)])
def test_a_corrected_day_is_taken_as_if_it_had_always_been_so(
    catalog_model: Path, monkeypatch: pytest.MonkeyPatch, day: int, kept: int
) -> None:
    monkeypatch.setattr(live, "_STEPS", kept)
    forecaster, _, panel = known_and_whole(catalog_model, 0)
    sales = panel.sales.copy()
    sales[7, day] += 90
    expected = says(forecaster, replace(panel, sales=sales), 7)["mean"][7]
    told = Told(np.array([7, 9]), np.array([0]), np.array([len(panel.dates) + day]), sales[7, day : day + 1])
    said = live_of(forecaster, panel).ahead(told, 7)["mean"][0]
    np.testing.assert_allclose(said, expected, rtol=1e-5, atol=1e-5)
    assert not np.allclose(said, says(forecaster, panel, 7)["mean"][7], rtol=1e-4)


def test_a_told_day_that_was_sold_out_is_on_sale_though_its_number_stays(catalog_model: Path) -> None:
    forecaster, _, panel = known_and_whole(catalog_model, 0)
    status = panel.status.copy()
    status[7, -20:-5] = Status.SOLD_OUT
    known = replace(panel, status=status)
    day = len(panel.dates) - 6
    told = Told(np.array([7]), np.array([0]), np.array([day]), np.full(1, 90, np.float32))
    sales = panel.sales.copy()
    sales[7, day] = 90
    known = replace(known, sales=sales)  # the same number
    status[7, day] = Status.ON_SALE
    expected = says(forecaster, replace(known, status=status), 7)["mean"][7]
    assert not np.allclose(says(forecaster, panel, 7)["mean"][7], expected, rtol=1e-3)
    status = status.copy()
    status[7, day] = Status.SOLD_OUT
    said = live_of(forecaster, replace(known, status=status)).ahead(told, 7)["mean"][0]
    np.testing.assert_allclose(said, expected, rtol=1e-5, atol=1e-5)


def test_a_closed_day_of_which_sales_are_told_was_none(catalog_model: Path) -> None:
    forecaster, _, panel = known_and_whole(catalog_model, 0)
    sales, status, rows = panel.sales.copy(), panel.status.copy(), np.arange(len(panel.products))
    sales[:, -3], status[:, -3] = 0, Status.CLOSED
    known = replace(panel, sales=sales, status=status)
    day, sold = len(panel.dates) - 3, np.where(rows % 2, 30, 0).astype(np.float32)
    told = Told(rows, rows, np.full_like(rows, day), sold)
    sales, status = sales.copy(), status.copy()
    sales[:, day], status[rows % 2 == 1, day] = sold, Status.ON_SALE
    expected = says(forecaster, replace(panel, sales=sales, status=status), 7)["mean"]
    np.testing.assert_allclose(live_of(forecaster, known).ahead(told, 7)["mean"], expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("day", [-5, -12, 1, 4])
def test_an_empty_shelf_counts_as_demand_by_what_is_told(catalog_model: Path, day: int) -> None:
    forecaster, _, panel = known_and_whole(catalog_model, 0)
    sales, status, T = panel.sales.copy(), panel.status.copy(), len(panel.dates)
    status[7:20, -4:], sales[7:20, -4:] = Status.SOLD_OUT, 0
    panel = replace(panel, sales=sales, status=status)
    rows = np.arange(len(sales))
    new = max(day, 0)
    foreseen = Foreseen.of(panel)
    told = Told(rows, rows, np.full_like(rows, T + day - (day > 0)), np.full(len(rows), 50, np.float32))
    sales = np.pad(sales, ((0, 0), (0, new)))
    status = np.concatenate([status, foreseen.status[:, :new]], axis=1)
    sales[:, T + day - (day > 0)], status[:, T + day - (day > 0)] = 50, Status.ON_SALE
    whole = replace(panel, sales=sales, status=status, dates=panel.dates[0] + np.arange(T + new))
    expected = says(of_longer_pass(forecaster, new), whole, 7)["mean"]
    np.testing.assert_allclose(live_of(forecaster, panel).ahead(told, 7)["mean"], expected, rtol=1e-5, atol=1e-5)


def just_begun(panel: Panel) -> Panel:
    """The first three products came 9 days before the panel's last, the next two will come."""
    status, sales = panel.status.copy(), panel.sales.copy()
    status[:3, :-9], sales[:3, :-9] = Status.NOT_ON_SALE, 0
    status[3:5], sales[3:5] = Status.NOT_ON_SALE, 0
    return replace(panel, sales=sales, status=status)


def test_cold_starts_are_forecast_as_the_forecaster_does(catalog_model: Path) -> None:
    forecaster, known, whole = known_and_whole(catalog_model, 2)
    known = just_begun(known)
    service = live_of(forecaster, known)
    alone = service.ahead(Told(np.array([1, 3])), 14)
    network = forecaster.model.ahead(known, 14)
    for name, values in says(forecaster, known, 14).items():
        np.testing.assert_allclose(alone[name], values[[1, 3]], rtol=1e-5, atol=1e-5)
    assert not np.allclose(alone["mean"][0], network["mean"][1], rtol=1e-2)
    N, T = known.sales.shape
    product, day = np.repeat(np.arange(N), 2), np.tile([T, T + 1], N)
    said = service.ahead(Told(np.arange(N), product, day, whole.sales[:, -2:].ravel()), 14)
    ahead = np.where(whole.sales[:, -2:] > 0, Status.ON_SALE, status_ahead(known, 2)).astype(np.uint8)
    sales = np.concatenate([known.sales, whole.sales[:, -2:]], axis=1)
    longer = replace(known, sales=sales, status=np.concatenate([known.status, ahead], axis=1), dates=whole.dates)
    for name, values in says(of_longer_pass(forecaster, 2), longer, 14).items():
        np.testing.assert_allclose(said[name], values, rtol=1e-5, atol=1e-5)


def test_a_products_forecast_does_not_hang_on_who_else_is_told_of_with_known_sales(catalog_model: Path) -> None:
    forecaster, _, panel = known_and_whole(catalog_model, 0)
    service, T = live_of(forecaster, panel), len(panel.dates)
    new = np.array([T]), np.array([9.0], np.float32)
    alone = service.ahead(Told(np.array([3]), np.array([0]), *new), 7)["mean"][0]
    week_ago = panel.sales[5, T - 7 : T - 6]
    both = Told(np.array([3, 5]), np.array([0, 1]), np.array([T, T]), np.append(new[1], week_ago))
    np.testing.assert_allclose(service.ahead(both, 7)["mean"][0], alone, rtol=1e-5)


def test_a_planned_price_and_promotion_move_the_forecast_of_that_product_only(catalog_model: Path) -> None:
    forecaster, _, panel = known_and_whole(catalog_model, 0)
    service, rows = live_of(forecaster, panel), np.array([3, 5])
    before = service.ahead(Told(rows), 7)["mean"]
    assert panel.covariates is not None
    assert panel.covariates.prices is not None
    price = np.full(7, panel.covariates.prices[3, -1] / 2, np.float32)
    for plan in ({"prices": {0: price}}, {"signals": {"promotion": {0: np.ones(7, np.float32)}}}):
        after = service.ahead(Told(rows, **plan), 7)["mean"]  # type: ignore[arg-type]
        assert not np.allclose(after[0], before[0], rtol=1e-3)
        np.testing.assert_array_equal(after[1], before[1])


def test_classic_told_of_all_products_is_the_forecast_of_the_longer_panel(classic_model: Path) -> None:
    forecaster, known, whole = known_and_whole(classic_model, 3)
    N, T = known.sales.shape
    product, day = np.repeat(np.arange(N), 3), np.tile(np.arange(T, T + 3), N)
    service = LiveClassic(forecaster.model, known, Foreseen.of(known))  # type: ignore[arg-type]
    said = service.ahead(Told(np.arange(N), product, day, whole.sales[:, -3:].ravel()), 1)
    np.testing.assert_allclose(said["mean"], says(forecaster, whole, 1)["mean"], rtol=1e-6)
    with pytest.raises(HistoryError):
        service.ahead(Told(np.arange(N)), 2)


def test_days_past_what_can_be_forecast_are_an_error(catalog_model: Path) -> None:
    forecaster, _, panel = known_and_whole(catalog_model, 0)
    told = Told(np.array([0]), np.array([0]), np.array([len(panel.dates) + 79]), np.ones(1, np.float32))
    with pytest.raises(HistoryError, match="nightly"):
        live_of(forecaster, panel).ahead(told, 28)
