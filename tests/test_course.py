"""A shop whose season has been seen once: what its course is, and that no forecast goes on with it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
import torch

from shelfcast.crops import Context, Shelf
from shelfcast.features.feasts import Feasts
from shelfcast.features.totals import Totals
from shelfcast.models import catalog_training
from shelfcast.models.calibration import FAR, NEAR, Calibration
from shelfcast.models.catalog import CatalogModel, group_rows
from shelfcast.models.course import Course
from shelfcast.panel import DAY, Panel, Status
from shelfcast.recipe import CatalogRecipe
from shelfcast.windows import split_days

CPU = torch.device("cpu")
N, H = 12, 28
SUNDAY = 3  # of the days, modulo 7: closed


def shop(days: int, growth: float, turns: int | None = None) -> Panel:
    """Everything sells `growth` more each day, up to the day on which it turns; then it stays."""
    rng = np.random.default_rng(0)
    grown = np.minimum(np.arange(days), days if turns is None else turns)
    expected = np.linspace(20, 60, N)[:, None] * np.exp(growth * (grown - grown[-1]))
    closed = np.arange(days) % 7 == SUNDAY
    sales = np.where(closed, 0, rng.poisson(expected)).astype(np.float32)
    status = np.broadcast_to(np.where(closed, Status.CLOSED, Status.ON_SALE).astype(np.uint8), sales.shape)
    dates = np.datetime64("2023-01-01") + np.arange(days)
    names = np.array([f"p{n:02}" for n in range(N)])
    return Panel(sales, np.ascontiguousarray(status), dates, names)


def context_of(panel: Panel, fitted_days: int) -> Context:
    fitted = np.array([panel.last_day - (fitted_days - 1) * DAY, panel.last_day])
    return Context(panel, group_rows(panel), 14, H, fitted, CPU, Feasts.none())


def test_the_course_is_the_mean_of_the_open_days_around_a_day_and_none_after_the_last() -> None:
    panel = shop(200, 0.004)
    context = context_of(panel, 200)
    last = context.first_day + 149
    course = Course.of(context, last)
    open_days = np.flatnonzero(~panel.closed)
    for day in (0, 60, 140, 149, 155):
        around = [d for d in open_days if abs(d - day) <= 14 and d <= 149]
        mean = panel.sales[:, around].sum(axis=0).mean()
        assert float(course.level[context.first_day + day]) == pytest.approx(mean, rel=1e-5)
    origins, horizons = torch.tensor([[context.first_day + 100]]), torch.tensor([1, 20])
    catalog = panel.sales.sum(axis=0)
    week, month = ([catalog[d] for d in open_days if 100 - days < d <= 100] for days in (7, 28))
    known = np.mean(month) * (1 + (np.mean(week) / np.mean(month) - 1) * len(week) / (len(week) + 3))
    months = [np.mean([catalog[d] for d in open_days if 72 - k < d <= 100 - k]) for k in (0, 28, 56)]
    growth = min(np.log(months[0] / months[1]), np.log(months[1] / months[2]))
    known = known * np.exp(0.4 * growth * np.array([0, 19 / 28]))
    expected = course.level[context.first_day + 100 + horizons] / torch.from_numpy(known)
    torch.testing.assert_close(course.drift(origins, horizons)[0, 0], expected.float(), rtol=1e-5, atol=0)


def test_the_pace_is_the_last_week_over_the_month_shrunk_and_closed_days_say_nothing() -> None:
    units = np.full((1, 60), 10.0)
    units[0, 53:] = 20
    closed = np.zeros(60, np.bool_)
    pace = Totals.of_sums(units, closed, 0, 0, CPU).pace
    month = (21 * 10 + 7 * 20) / 28
    assert float(pace[59]) == pytest.approx(1 + (20 / month - 1) * 7 / 10)
    closed[53:] = True
    assert float(Totals.of_sums(units, closed, 0, 0, CPU).pace[59]) == 1
    assert float(Totals.of_sums(units * 0, closed, 0, 0, CPU).pace[59]) == 1


@pytest.mark.parametrize("why", [Status.SOLD_OUT, Status.CLOSED])
def test_an_empty_shelf_does_not_slow_the_pace(why: Status) -> None:
    sales = np.full((2, 200), 20, np.float32)
    status = np.full(sales.shape, Status.ON_SALE, np.uint8)
    sales[0, 170:], status[0, 170:] = 0, why  # of which the first days are filled by the month before
    dates, groups = np.datetime64("2024-01-01") + np.arange(200), np.array([[1], [2]])
    context = Context(Panel.of(sales, dates, ["a", "b"], status), groups, 14, 1, dates[[0, -1]], CPU, Feasts.none())
    upto = slice(context.first_day + 100, context.first_day + 198)
    assert context.totals.pace[upto].tolist() == [1] * 98
    assert context.totals.units[:, upto].tolist() == [[40] * 98, [20] * 98, [20] * 98]
    assert not context.totals.trend[upto].any()
    level = Course.of(context, context.first_day + 197).level
    assert level[context.first_day + 100 : context.first_day + 198].tolist() == [40] * 98


def slow_trend(units: np.ndarray, closed: np.ndarray, day: int) -> float:
    """By a loop over the months."""
    first = int(np.flatnonzero(units)[0])
    if day - 84 < first - 1:
        return 0.0
    months = []
    for k in range(3):
        days = [d for d in range(day - 28 * k - 27, day - 28 * k + 1) if not closed[d]]
        months.append(max(sum(units[d] for d in days) / max(len(days), 1), 1e-3))
    last, before = np.log(months[0] / months[1]), np.log(months[1] / months[2])
    if last * before <= 0:
        return 0.0
    return float(0.4 * np.sign(last) * min(abs(last), abs(before), 0.3))


@pytest.mark.parametrize("growth", [0.03, 0.004, -0.002, 0.0])
def test_the_trend_is_a_part_of_the_lesser_of_two_months_that_agree(growth: float) -> None:
    rng = np.random.default_rng(4)
    units = np.round(90 * np.exp(growth * np.arange(200)) * rng.uniform(0.8, 1.2, 200))
    units[:10], closed = 0, np.arange(200) % 7 == SUNDAY
    units[closed] = 0
    closed[120:150] = True  # and a month without a customer
    units[120:150] = 0
    trend = Totals.of_sums(units[None], closed, 30, 9, CPU).trend[30:230].tolist()
    assert trend == pytest.approx([slow_trend(units, closed, day) for day in range(200)], abs=1e-5)
    assert not any(trend[:93])
    assert any(trend[93:])


def test_the_trend_goes_on_for_a_month_from_the_second_day_on() -> None:
    totals = Totals.of_sums(np.exp(0.005 * np.arange(120))[None] * 50, np.zeros(120, bool), 0, 0, CPU)
    origins, horizons = torch.tensor([[60, 119]]), torch.tensor([1, 2, 15, 29, 90])
    grown = totals.growth(origins, horizons)[0]
    assert grown[0].tolist() == [1] * 5, "three months are not known yet"
    month = 0.4 * 0.005 * 28
    np.testing.assert_allclose(grown[1].log(), [0, month / 28, month / 2, month, month], rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("days", [200, 700])
def test_forecasts_are_in_scales_that_move_with_it_where_seasons_are_not_known(days: int) -> None:
    panel = shop(days, 0.004)
    context = context_of(panel, days)
    shelf = Shelf(context, slice(0, N))
    crop = shelf.crop(torch.arange(N), torch.full((N,), days - 14), 14)
    places, horizons = torch.tensor([3, 13]), torch.tensor([1, 28])
    moved = crop.scale_ahead(places, horizons) / crop.scale[:, places, None]
    grown = context.totals.growth(crop.origins[:, places], horizons) if days < 549 else torch.ones(N, 2, 2)
    torch.testing.assert_close(moved, grown)
    assert (grown[:, :, 1] > 1.03).all() == (days < 549)
    sold = crop.targets(places, torch.tensor([1]))[0] * crop.scale[:, places, None]
    assert sold[:, 0, 0].tolist() == pytest.approx(panel.sales[:, days - 14 + 4].tolist())


def test_the_forecast_moves_with_the_trend(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = shop(200, 0.004)
    recipe = CatalogRecipe(seq_len=14, steps=3, batch_size=4, hidden=4, filters=4, head=4)
    model, _ = CatalogModel.fit(panel, recipe, split_days(200, recipe, 0).without_validation(), CPU)
    moved = model.ahead(panel, H)["mean"]
    trend = float(context_of(panel, 200).totals.trend[context_of(panel, 200).first_day + 199])
    monkeypatch.setattr(Totals, "growth", lambda self, origins, horizons: torch.ones(*origins.shape, len(horizons)))
    stays = model.ahead(panel, H)["mean"]
    opened = stays > 0  # the shop is closed on Sundays
    grown = np.broadcast_to(np.exp(trend * np.arange(H) / 28), stays.shape)
    assert trend > 0.03
    np.testing.assert_allclose(moved[opened], (stays * grown)[opened], rtol=1e-4)


def test_intervals_are_calibrated_on_what_a_forecast_of_these_days_says(monkeypatch: pytest.MonkeyPatch) -> None:
    panel, seen = shop(200, 0.004), {}
    recipe = CatalogRecipe(seq_len=14, steps=3, batch_size=4, hidden=4, filters=4, head=4, validation_days=7)
    of = Calibration.of

    def noted(outputs: Mapping[int, tuple[torch.Tensor, torch.Tensor]], whole: bool) -> Calibration:
        seen.update({distance: said for distance, (said, _) in outputs.items()})
        return of(outputs, whole)

    monkeypatch.setattr(Calibration, "of", noted)
    split = split_days(200, recipe, 0)
    model, _ = CatalogModel.fit(panel, recipe, split, CPU)
    opened = ~panel.closed[split.validation.start :]
    model.calibration = Calibration.none()
    next_days = model.next_days(panel.until(panel.dates[-2]), 7)
    ahead = model.ahead(panel.until(panel.dates[split.validation.start - 1]), 7)
    for distance, said in ((NEAR, next_days["mean"][:, opened]), (FAR, ahead["mean"][:, 1:][:, opened[1:]])):
        np.testing.assert_allclose(seen[distance][:, 1].sort().values, np.sort(said.ravel()), rtol=1e-4)


def test_a_fit_of_a_year_and_a_half_knows_seasons() -> None:
    panel = shop(600, 0)
    assert not context_of(panel, 548).seasons_known
    assert context_of(panel, 549).seasons_known


def bias_ahead(panel: Panel) -> float:
    recipe = CatalogRecipe(seq_len=28, steps=80, batch_size=8, hidden=16, filters=16, head=32)
    history = panel.until(panel.dates[-1 - H])
    split = split_days(len(history.dates), recipe, test_days=0).without_validation()
    model, _ = CatalogModel.fit(history, recipe, split, CPU)
    y, counts = panel.sales[:, -H:], panel.observed[:, -H:]
    said = model.ahead(history, H)["mean"]
    return float((said - y)[counts].sum() / y[counts].sum())


def test_a_trend_that_was_seen_once_is_not_gone_on_with(monkeypatch: pytest.MonkeyPatch) -> None:
    turned = shop(180 + H, 0.012, turns=180 - 21)  # 1.2 % a day, until three weeks before the last known day
    assert abs(bias_ahead(turned)) < 0.08
    monkeypatch.setattr(catalog_training.Course, "drift", lambda self, origins, horizons: 1.0)
    assert bias_ahead(turned) > 0.12, "the test catches a training that learns it"
