"""Feasts that nobody named: found in the shop's sales, told to the network, kept with the model."""

from __future__ import annotations

import copy
import json
from calendar import day_name, month_name
from dataclasses import asdict, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
import torch
from dateutil.easter import easter
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

from shelfcast.covariates import Covariates
from shelfcast.errors import ModelFolderError
from shelfcast.features import feasts
from shelfcast.features.feasts import EASTER, Feasts, places
from shelfcast.models.catalog import CatalogModel
from shelfcast.models.state import NightlyState
from shelfcast.panel import Days, Panel, Status
from shelfcast.recipe import CatalogRecipe
from shelfcast.service.live import LiveCatalog
from shelfcast.service.told import Foreseen, Told
from shelfcast.training import TrainingRun
from shelfcast.windows import split_days

CPU = torch.device("cpu")
DATES = np.datetime64("2019-02-01") + np.arange(1500)  # to March 2023
OPEN = np.zeros(len(DATES), bool)
CHRISTMAS, THANKSGIVING = "every 25 December", "every fourth Thursday of November"
GOOD_FRIDAY = "every year 2 days before Easter"
TINY = CatalogRecipe(steps=3, seq_len=14, horizon=7, filters=4, hidden=6, head=8, batch_size=8)


def shop_sales(dates: Days, feasts: dict[str, float], seed: int = 0) -> NDArray[np.float64]:
    """`[T]` units: busy Saturdays, busy first days of the month, steps from month to month, and these factors."""
    rng = np.random.default_rng(seed)
    days = [day.item() for day in dates]
    mean = np.array(
        [
            900.0
            * (1.5 if day.weekday() == 5 else 1)
            * (1.3 if day.day <= 3 else 1)
            * (1 + 0.1 * (day.month % 3))
            * np.prod([factor for name, factor in feasts.items() if name in slow_names(day)])
            for day in days
        ]
    )
    return rng.poisson(mean).astype(np.float64)


def slow_names(day: date) -> list[str]:
    """The names of all rules that the day follows, one day at a time."""
    month, count = month_name[day.month], ("first", "second", "third", "fourth", "fifth")[(day.day - 1) // 7]
    names = [f"every {day.day} {month}", f"every {count} {day_name[day.weekday()]} of {month}"]
    if (day + timedelta(days=7)).month != day.month:
        names.append(f"every last {day_name[day.weekday()]} of {month}")
    apart = (day - easter(day.year)).days
    if apart == 0:
        names.append("every Easter Sunday")
    elif -60 <= apart <= 65:
        names.append(f"every year {abs(apart)} days {'after' if apart > 0 else 'before'} Easter")
    return names


def found(units: NDArray[np.float64], dates: Days = DATES) -> list[str]:
    return Feasts.found(units, OPEN[: len(units)], dates, {}).names


def test_days_that_come_again_every_year_are_found_and_no_others() -> None:
    planted = {
        CHRISTMAS: 0.4,
        THANKSGIVING: 0.6,
        GOOD_FRIDAY: 1.6,
        "every last Monday of May": 1.4,
    }
    assert set(found(shop_sales(DATES, planted))) == set(planted)


@pytest.mark.parametrize("seed", range(20))
def test_weekdays_paydays_steps_of_months_and_chance_are_no_feast(seed: int) -> None:
    assert found(shop_sales(DATES, {}, seed)) == []


def test_what_was_seen_once_or_not_every_year_is_no_feast() -> None:
    units = shop_sales(DATES, {CHRISTMAS: 0.4})
    assert found(units) == [CHRISTMAS]
    assert found(units[:420], DATES[:420]) == []
    units[np.datetime64("2021-12-25") == DATES] *= 2.5
    assert found(units) == []


def test_a_shop_closed_at_christmas_knows_the_day_and_one_closed_on_sundays_finds_none() -> None:
    units = shop_sales(DATES, {})
    christmas = np.array([CHRISTMAS in slow_names(day.item()) for day in DATES])
    sundays = np.array([day.item().weekday() == 6 for day in DATES])
    for closed, names in ((christmas, [CHRISTMAS]), (sundays, [])):
        assert Feasts.found(np.where(closed, 0, units), closed, DATES, {}).names == names


def test_what_is_named_is_not_found_again() -> None:
    units = shop_sales(DATES, {CHRISTMAS: 0.4, THANKSGIVING: 0.6})
    eve = Feasts.found(units, OPEN, DATES, {}).flags(DATES + np.timedelta64(1, "D"))[CHRISTMAS]
    assert Feasts.found(units, OPEN, DATES, {"Christmas Eve": eve}).names == [THANKSGIVING]


def test_a_shop_that_never_sold_and_one_that_always_sells_the_same_have_none() -> None:
    for units in (np.zeros(len(DATES)), np.full(len(DATES), 7.0)):
        assert found(units) == []
    assert Feasts.found(np.zeros(900), np.ones(900, bool), DATES[:900], {}).names == []
    assert found(np.ones(2), DATES[:2]) == []


def test_each_rule_flags_the_days_that_a_slow_twin_flags() -> None:
    dates = np.datetime64("1999-01-01") + np.arange(4000)
    ways, told = places(dates), [slow_names(day.item()) for day in dates]
    assert ways[EASTER].max() == 125
    for way, place in enumerate(ways):
        rules = [(way, value) for value in np.unique(place[place >= 0])]
        feasts = Feasts(np.array(rules))
        assert len(set(feasts.names)) == len(rules)
        for name, flags in list(feasts.flags(dates).items())[::7]:
            assert [name in names for names in told] == flags.tolist(), name


# With a model


def panel(seed: int = 1) -> Panel:
    """Eight products of a shop that nobody told of Christmas."""
    rng, T = np.random.default_rng(seed), 900
    shares = rng.dirichlet(np.full(8, 5.0))
    sales = rng.poisson(shares[:, None] * shop_sales(DATES[:T], {CHRISTMAS: 0.3})).astype(np.float32)
    status = np.full(sales.shape, Status.ON_SALE, np.uint8)
    return Panel(sales, status, DATES[:T], np.array([f"p{k}" for k in range(8)]))


def fit(shop: Panel) -> tuple[CatalogModel, TrainingRun]:
    split = split_days(len(shop.dates), TINY, 30).without_validation()
    return CatalogModel.fit(shop, TINY, split, CPU)


@pytest.fixture(scope="module")
def model() -> CatalogModel:
    return fit(panel())[0]


def test_the_network_is_told_of_them_and_the_run_names_them() -> None:
    shop = panel()
    model, run = fit(shop)
    assert run.feasts == (CHRISTMAS,)
    assert TrainingRun.from_dict(json.loads(json.dumps(asdict(run)))) == run
    assert model.feasts.names == [CHRISTMAS]
    assert model.network.inputs.events == 3 + 4
    before = shop.until(np.datetime64("2020-12-20"))
    column = model.network.calendar.weight.shape[1] - model.network.inputs.events + 1
    with torch.no_grad():
        said = model.ahead(before, 7)["mean"]
        model.network.calendar.weight[:, column] += 9
        told = model.ahead(before, 7)["mean"]
    changed = np.abs(told - said).max(axis=0) > 0
    assert changed.tolist() == [False] * 4 + [True, False, False]  # the 25th is told, no other day


def test_no_day_after_the_fitted_ones_is_looked_at() -> None:
    shop = panel()
    later = shop.sales.copy()
    later[:, -30:] = 0
    assert np.array_equal(fit(replace(shop, sales=later))[0].feasts.rules, fit(shop)[0].feasts.rules)
    split = split_days(len(shop.dates), TINY, 600).without_validation()  # one Christmas before the test days
    assert CatalogModel.fit(shop, TINY, split, CPU)[0].feasts.names == []


def test_events_that_are_named_stand_beside_them() -> None:
    planned = replace(panel(), covariates=Covariates(930, events={"market": np.arange(930) % 90 == 0}))
    told, _ = fit(planned)
    assert told.feasts.names == [CHRISTMAS]
    assert told.network.inputs.events == 2 * 3 + 4
    assert np.isfinite(told.ahead(planned, 7)["mean"]).all()


def test_they_are_kept_with_the_model(model: CatalogModel, tmp_path: Path) -> None:
    save_file(model.to_tensors(), tmp_path / "weights.safetensors")
    again = CatalogModel.from_tensors(load_file(tmp_path / "weights.safetensors"), TINY, panel(), CPU)
    assert again.feasts.names == [CHRISTMAS]
    assert np.array_equal(again.ahead(panel(), 7)["mean"], model.ahead(panel(), 7)["mean"])
    assert model.extended(panel()).feasts.names == [CHRISTMAS]


@pytest.mark.parametrize(
    "rules",
    [[[4, 0]], [[0, 372]], [[1, -1]], [[0, 5], [0, 5]], [[0, k] for k in range(13)], [0, 5], [[0, 5, 1]], [[0.0, 5.0]]],
)
def test_rules_that_none_could_have_found_are_refused(model: CatalogModel, rules: list[list[float]]) -> None:
    tensors = model.to_tensors() | {"feasts": torch.tensor(rules)}
    with pytest.raises(ModelFolderError, match="feasts"):
        CatalogModel.from_tensors(tensors, TINY, panel(), CPU)


def test_the_nightly_state_knows_them(model: CatalogModel) -> None:
    shop = panel()
    state = NightlyState.anchored(model, shop.until(np.datetime64("2020-12-09")))
    until = np.datetime64("2020-12-23")
    newer = shop.until(until)
    state.update(newer.tail(14))
    full = model.ahead(newer, 7)["mean"]
    np.testing.assert_allclose(state.forecast(7)["mean"], full, rtol=1e-5, atol=1e-5)


def test_the_live_service_knows_them(model: CatalogModel) -> None:
    before = panel().until(np.datetime64("2020-12-20"))
    live = LiveCatalog(model, before, Foreseen.of(before), model.ahead_and_memory(before, 1)[1])
    said = live.ahead(Told(np.arange(8)), 7)["mean"]
    np.testing.assert_allclose(said, model.ahead(before, 7)["mean"], rtol=1e-5, atol=1e-5)
    column = model.network.calendar.weight.shape[1] - model.network.inputs.events + 1
    deaf = copy.deepcopy(model)
    with torch.no_grad():
        deaf.network.calendar.weight[:, column] += 9
    told = LiveCatalog(deaf, before, Foreseen.of(before), deaf.ahead_and_memory(before, 1)[1])
    changed = np.abs(told.ahead(Told(np.arange(8)), 7)["mean"] - said).max(axis=0) > 1e-3
    assert changed.tolist() == [False] * 4 + [True, False, False]  # the 25th


@pytest.mark.parametrize(("years", "is_found"), [([-4, -4, -2.1, -4], True), ([-4, -4, -1.9, -9], False)])
def test_no_year_may_be_like_the_others_and_all_must_be_sure(
    monkeypatch: pytest.MonkeyPatch, years: list[float], is_found: bool
) -> None:
    christmas = Feasts.found(shop_sales(DATES, {CHRISTMAS: 0.4}), OPEN, DATES, {}).flags(DATES)[CHRISTMAS]
    unlike = np.zeros(len(DATES))
    unlike[christmas] = years
    monkeypatch.setattr(feasts, "_unlike", lambda *_: unlike)
    assert (CHRISTMAS in found(unlike)) == is_found
    unlike[christmas] = [-2.9] * 4  # 5.8: not sure enough
    assert found(unlike) == []
