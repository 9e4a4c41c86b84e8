"""Crops of the catalog recipe, against slow twins that look up one origin at a time."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from math import exp, isnan, log, sqrt

import numpy as np
import pytest
import torch

from shelfcast import crops
from shelfcast.covariates import Covariates, Signal
from shelfcast.crops import PROFILE_NAMES, Calendar, Context, Inputs, Shelf, group_means
from shelfcast.features.calendar import (
    MONTH_DAY_NAMES,
    SEASON_NAMES,
    event_features,
    month_day_features,
    season_features,
)
from shelfcast.features.demand import demand
from shelfcast.features.feasts import Feasts
from shelfcast.features.level import follow_levels
from shelfcast.features.month_ago import month_days, month_profile, months_before
from shelfcast.features.prices import PRICE_AHEAD_NAMES, PRICE_NAMES, SIGNAL_NAMES
from shelfcast.features.recent import RECENT_NAMES, weekday_profile
from shelfcast.features.rolling import days_since, spaced_sum
from shelfcast.features.totals import YEAR_AGO_TOTAL_NAMES, Totals
from shelfcast.features.year_ago import YEAR_AGO_NAMES
from shelfcast.models.catalog import group_rows
from shelfcast.panel import DAY, Panel, Status

T, L = 500, 30
KNOWN = T + 40  # days for which prices, signals and events are known
PLACES, HORIZONS = (0, 11, L - 1), (1, 7, 28, 45, 90)  # of the last `L` origins
CPU = torch.device("cpu")
DATES = np.datetime64("2022-03-01") + np.arange(T)
SIGNALS = ["market", "promotion"]
AHEAD_NAMES = [
    *PROFILE_NAMES,
    *YEAR_AGO_NAMES,
    *(f"{group}_{name}" for group in ("catalog", "store") for name in YEAR_AGO_TOTAL_NAMES),
    *PRICE_NAMES,
    *PRICE_AHEAD_NAMES,
    *("price_to_catalog", "price_to_store"),
    *(f"{signal}_{name}" for signal in SIGNALS for name in SIGNAL_NAMES),
]


def covariates() -> Covariates:
    """Prices that move by steps, one that begins late, pauses and ends; a promotion a product, a market day a store."""
    rng = np.random.default_rng(5)
    prices = np.repeat(rng.uniform(1, 9, (3, KNOWN // 27)), 27, axis=1).astype(np.float32)
    prices[0, 60:480] = prices[0, 60]  # long ago
    prices[1, :90] = prices[1, 300:310] = np.nan
    prices[2, 485:] = np.nan
    promotion = (rng.random((3, KNOWN)) < 0.1).astype(np.float32) * np.float32([[1], [0.5], [1]])
    market = (rng.random((2, KNOWN)) < 0.2).astype(np.float32)
    return Covariates(
        KNOWN,
        prices,
        {"promotion": Signal(promotion, np.arange(3)), "market": Signal(market, np.array([0, 1, 0]))},
        {"feast": rng.random(KNOWN) < 0.05, "fair": rng.random(KNOWN) < 0.05},
    )


COVARIATES = covariates()


def panel() -> Panel:
    rng = np.random.default_rng(0)
    sales = rng.poisson(np.array([[0.3], [4.0], [60.0]]), (3, T)).astype(np.float32)
    status = np.full((3, T), Status.ON_SALE, np.uint8)
    status[rng.random((3, T)) < 0.1] = Status.SOLD_OUT
    sales[1, :100], status[1, :100] = 0, Status.NOT_ON_SALE
    sales[2, 430:445] = 0  # an outage that nobody recorded
    return Panel.of(sales, DATES, ["a", "b", "c"], status, {"store": np.array(["X", "Y", "X"])}, COVARIATES)


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    return Shelf(Context(panel(), group_rows(panel()), L, 90, DATES[[0, -1]], CPU, Feasts.none()), slice(None))


def at(shelf: Shelf, values: torch.Tensor) -> np.ndarray:  # type: ignore[type-arg]
    """The days of the panel."""
    return values[:, shelf.first_day : shelf.first_day + T].numpy()


def test_a_spaced_sum_is_the_sum_of_the_days_it_names() -> None:
    x = torch.arange(40, dtype=torch.float32).square()[None]
    expected = sum(x[0, 39 - 7 * j] for j in range(4))
    assert spaced_sum(x, 4, 7)[0, 39] == expected
    assert spaced_sum(x, 4, 7)[0, 8] == x[0, 8] + x[0, 1]


def test_days_since_are_counted_up_to_the_most() -> None:
    happened = torch.tensor([[False, True, False, False, False, False, True]])
    for last in range(1, 8):
        assert days_since(happened, most=3, last=last).tolist() == [[3, 0, 1, 2, 3, 3, 0][-last:]]


def test_a_weekday_profile_of_the_last_days_is_that_of_all_days() -> None:
    draws = torch.Generator().manual_seed(0)
    sales, in_stock = torch.rand(3, 90, generator=draws), (torch.rand(3, 90, generator=draws) < 0.8).float()
    whole = weekday_profile(sales, in_stock, sales + 1, 4, last=69)
    for n in range(3):
        for day in (21, 50, 89):
            there = [d for d in (day, day - 7, day - 14, day - 21) if in_stock[n, d]]
            mean = (sum(sales[n, d] for d in there) + (sales[n, day] + 1) / 2) / (len(there) + 0.5)
            assert float(whole[n, day - 21]) == pytest.approx(float(mean), rel=1e-6)
    assert torch.equal(weekday_profile(sales, in_stock, sales + 1, 4, last=9), whole[:, -9:])


def test_the_level_of_an_outage_is_kept_and_fades() -> None:
    rng = np.random.default_rng(1)
    sales = torch.from_numpy(rng.poisson(20, (1, 200)).astype(np.float32))
    sales[0, 150:] = 0
    levels = follow_levels(sales, torch.ones(1, 200, dtype=torch.bool))
    assert not levels.outage[0, :150].any()
    assert levels.outage[0, 152:].all()
    assert levels.level[0, 155] > 0.8 * levels.level[0, 149]
    assert levels.level[0, 175] < 0.6 * levels.level[0, 149]
    assert levels.level.min() > 0


def test_zeros_of_a_slow_product_are_no_outage() -> None:
    sales = torch.from_numpy(np.random.default_rng(2).poisson(0.2, (1, 300)).astype(np.float32))
    assert not follow_levels(sales, torch.ones(1, 300, dtype=torch.bool)).outage.any()


def test_recent_sales_are_those_up_to_the_origin_over_its_level(shelf: Shelf) -> None:
    sales, in_stock, level = panel().sales, at(shelf, shelf.in_stock), at(shelf, shelf.levels.level)
    first = 420
    crop = shelf.crop(torch.arange(3), torch.full((3,), first), L)
    for n in range(3):
        for place in (0, L - 1):
            t = first + place
            told = dict(zip(RECENT_NAMES, crop.channels[n, place].tolist(), strict=False))
            scale = level[n, t]
            assert told["lag_1"] == pytest.approx(min(sales[n, t] / scale, 12), rel=1e-5)
            assert told["lag_28"] == pytest.approx(min(sales[n, t - 27] / scale, 12), rel=1e-5)
            assert told["mean_7"] == pytest.approx(min(sales[n, t - 6 : t + 1].mean() / scale, 4), rel=1e-5)
            for days in (28, 84, 364):
                window = slice(t - days + 1, t + 1)
                there = in_stock[n, window]
                mean = (sales[n, window][there].sum() + scale) / (there.sum() + 1)
                assert told[f"mean_{days}_in_stock"] == pytest.approx(min(mean / scale, 4), rel=1e-5)
            weekdays = [t + 1 - 7 * week for week in range(1, 5)]
            units = sum(sales[n, day] for day in weekdays if in_stock[n, day]) + level[n, weekdays[0]] / 2
            mean = units / (sum(in_stock[n, day] for day in weekdays) + 0.5)
            assert told["same_weekday_4"] == pytest.approx(min(mean / scale, 4), rel=1e-5)
            sold = np.flatnonzero((sales[n, : t + 1] > 0) & in_stock[n, : t + 1])
            assert told["days_since_sale"] == pytest.approx(np.log1p(t - sold[-1]) / 3, rel=1e-5)


def test_a_year_ago_is_the_same_weekday_52_weeks_before_the_target(shelf: Shelf) -> None:
    sales, level = panel().sales, at(shelf, shelf.levels.level)
    first = 480 - L + 1
    crop = shelf.crop(torch.arange(3), torch.full((3,), first), L)
    channels, days = crop.ahead(torch.tensor([L - 1]), torch.tensor([1, 60]))
    year_ago = slice(len(PROFILE_NAMES), len(PROFILE_NAMES) + len(YEAR_AGO_NAMES))
    for k, target in enumerate((481, 540)):
        around = sales[2, [target - 371, target - 364, target - 357]].mean()
        told = channels[2, 0, k, AHEAD_NAMES.index("year_ago")].item()
        assert told == pytest.approx(min(around / level[2, 480], 4), rel=1e-5)
        assert channels[1, 0, k, year_ago].abs().sum() == 0  # on sale for less than a year
        day = date(2022, 3, 1) + timedelta(target)
        assert crop.calendar[days[0, 0, k], :7].argmax().item() == day.weekday()


def test_an_origin_is_told_the_same_wherever_its_crop_starts(shelf: Shelf) -> None:
    products = torch.arange(3)
    early = shelf.crop(products, torch.full((3,), 440), L)
    late = shelf.crop(products, torch.full((3,), 455), L)
    torch.testing.assert_close(early.channels[:, 15:], late.channels[:, : L - 15], rtol=1e-5, atol=1e-5)
    horizons = torch.tensor([1, 28, 90])
    one, other = early.ahead(torch.tensor([20]), horizons), late.ahead(torch.tensor([5]), horizons)
    torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)


def test_targets_are_the_sales_of_the_days_ahead_where_they_were_the_demand(shelf: Shelf) -> None:
    crop = shelf.crop(torch.arange(3), torch.full((3,), 400), L)
    y, counts = crop.targets(torch.tensor([0, 5]), torch.tensor([1, 7]))
    units = y * crop.scale_ahead(torch.tensor([0, 5]), torch.tensor([1, 7]))
    days = np.array([[401, 407], [406, 412]])
    np.testing.assert_allclose(units, panel().sales[:, days], rtol=1e-5)
    assert np.array_equal(counts, panel().observed[:, days])


def test_the_inputs_are_as_many_as_are_told(shelf: Shelf) -> None:
    crop = shelf.crop(torch.arange(3), torch.full((3,), 400), L)
    channels, _ = crop.ahead(torch.arange(L), torch.tensor([1]))
    inputs = Inputs.of(1, panel().covariate_names, 0)
    told = crop.channels.shape[2], channels.shape[3], crop.calendar.shape[1]
    assert told == (inputs.origin, inputs.target, inputs.calendar)
    assert inputs.target == len(AHEAD_NAMES)
    assert crop.calendar[:, : -inputs.events].shape[1] == len(SEASON_NAMES) + len(MONTH_DAY_NAMES)


def test_a_closed_day_is_no_part_of_the_month() -> None:
    sales = np.full((4, 100), 50, np.float32)
    sales[:, 60] = 0
    status = np.full(sales.shape, Status.ON_SALE, np.uint8)
    status[:, 60] = Status.CLOSED
    dates, names = np.datetime64("2024-01-01") + np.arange(100), list("abcd")
    groups = np.zeros((4, 0), np.int64)
    totals = Totals.of(Panel.of(sales, dates, names, status), groups, before=40, after=1, device=CPU)
    assert (totals.month[0, 40:140] == 200).all()
    without = Totals.of(
        Panel.of(sales, dates, names, np.full_like(status, Status.ON_SALE)), groups, before=40, after=1, device=CPU
    )
    assert without.month[0, 110] < 200


def test_the_season_of_a_day_is_alike_on_both_sides_of_the_new_year() -> None:
    dates = np.array(["2023-12-31", "2024-01-01", "2024-07-01"], dtype="datetime64[D]")
    days = season_features(dates, dates[[0, -1]])
    assert days.shape == (3, len(SEASON_NAMES))
    year = slice(7, 13)
    assert np.abs(days[0, year] - days[1, year]).max() < 0.1
    assert np.abs(days[0, year] - days[2, year]).max() > 1


def test_a_season_that_was_not_fitted_on_is_told_as_the_last_one_that_was() -> None:
    first, last = fitted = np.array(["2023-03-01", "2023-09-30"], dtype="datetime64[D]")
    dates = first + np.arange(-60, 500)
    told, plain = season_features(dates, fitted), season_features(dates, dates[[0, -1]])
    unseen = (dates > last) & (dates < np.datetime64("2024-02-29"))  # a year after the first day, all have been
    assert (told[~unseen] == plain[~unseen]).all()
    weekday_and_month = [*range(7), *range(13, 17)]
    assert (told[:, weekday_and_month] == plain[:, weekday_and_month]).all()
    lately = plain[(dates > last - 28 * DAY) & (dates <= last), 7:13].mean(axis=0)
    np.testing.assert_allclose(told[unseen, 7:13], np.tile(lately, (unseen.sum(), 1)), rtol=1e-6)
    assert np.abs(told[unseen, 7:13] - plain[unseen, 7:13]).max() > 1


def test_the_day_of_the_month_is_a_flag_and_so_is_the_last_one() -> None:
    dates = np.array(["2024-02-28", "2024-02-29", "2023-02-28", "2024-03-01", "2024-12-31"], dtype="datetime64[D]")
    told = month_day_features(dates)
    named = [[name for name, on in zip(MONTH_DAY_NAMES, row, strict=True) if on] for row in told]
    last = "last_of_month"
    assert named == [["day_28"], ["day_29", last], ["day_28", last], ["day_1"], ["day_31", last]]


@pytest.mark.parametrize(("fitted_days", "told"), [(547, False), (548, True)])
def test_the_day_of_the_month_is_told_where_it_can_be_told_from_chance(fitted_days: int, told: bool) -> None:
    first = np.datetime64("2023-01-01")
    dates = first + np.arange(600)
    calendar = Calendar.of(dates, {}, np.array([first, first + fitted_days * DAY]), CPU, Feasts.none())
    assert calendar.channels[:, len(SEASON_NAMES) :].any() == told
    assert calendar.channels[:, : len(SEASON_NAMES)].any()


def told_of_days_ahead(shelf: Shelf) -> Iterator[tuple[int, int, int, dict[str, float]]]:
    """Product, origin, days ahead, and the channels by their names; the last origin is the panel's last day."""
    crop = shelf.crop(torch.arange(3), torch.full((3,), T - L), L)
    channels, _ = crop.ahead(torch.tensor(PLACES), torch.tensor(HORIZONS))
    for n, j, k in np.ndindex(3, len(PLACES), len(HORIZONS)):
        yield n, T - L + PLACES[j], HORIZONS[k], dict(zip(AHEAD_NAMES, channels[n, j, k].tolist(), strict=True))


def log_price(n: int, day: int) -> float:
    """NaN where it is not listed; after the last known day the last price."""
    assert COVARIATES.prices is not None
    return log(COVARIATES.prices[n, min(day, KNOWN - 1)]) if day >= 0 else float("nan")


def over_mean(n: int, day: int, days: int) -> float:
    """The price over its own mean of so many days."""
    if isnan(log_price(n, day)):
        return 0
    logs = [log_price(n, day - back) for back in range(days)]
    return float(np.clip(3 * (logs[0] - np.nanmean(logs)), -3, 3))


def days_since_change(n: int, day: int) -> int:
    for back in range(364):
        now, before = log_price(n, day - back), log_price(n, day - back - 1)
        if not isnan(now) and (isnan(before) or abs(now - before) > 1e-3):
            return back
    return 364


def test_a_price_is_told_beside_the_products_own_past(shelf: Shelf) -> None:
    seen = set()
    for n, origin, horizon, told in told_of_days_ahead(shelf):
        day = origin + horizon
        step = log_price(n, day) - log_price(n, day - 7)
        step = 0 if isnan(step) else step
        since = days_since_change(n, day)
        seen.add((isnan(log_price(n, day)), step != 0, since == 364, since < horizon))
        assert told["to_year"] == pytest.approx(over_mean(n, day, 364), abs=1e-5)
        assert told["to_month"] == pytest.approx(over_mean(n, day, 28), abs=1e-5)
        assert told["to_week_before"] == pytest.approx(np.clip(3 * step, -3, 3), abs=1e-5)
        assert told["jump"] == pytest.approx(np.sign(step) * min(sqrt(3 * abs(step)), 2), abs=1e-5)
        assert told["listed"] == (not isnan(log_price(n, day)))
        assert told["days_since_change"] == pytest.approx(np.log1p(since) / 3, rel=1e-5)
    assert all({flags[i] for flags in seen} == {False, True} for i in range(4))


def test_a_price_ahead_is_told_beside_that_of_the_origin(shelf: Shelf) -> None:
    sales, in_stock = panel().sales, at(shelf, shelf.in_stock)
    level, own_mean = at(shelf, shelf.levels.level), at(shelf, shelf.levels.own_mean)
    for n, origin, horizon, told in told_of_days_ahead(shelf):
        moved = over_mean(n, origin + horizon, 364) - over_mean(n, origin, 364)
        changed = days_since_change(n, origin + horizon) < horizon
        silence = 0
        while not (sales[n, origin - silence] > 0 and in_stock[n, origin - silence]):
            silence += 1
        assert told["since_origin"] == pytest.approx(moved, abs=1e-5)
        assert told["changed"] == changed
        assert told["changed_after_silence"] == pytest.approx(changed * (1 - exp(-silence / 14)), abs=1e-5)
        assert told["changed_after_fading"] == pytest.approx(
            changed * log(own_mean[n, origin] / level[n, origin]), abs=1e-5
        )


def test_a_price_is_told_beside_those_of_its_group(shelf: Shelf) -> None:
    for n, origin, horizon, told in told_of_days_ahead(shelf):
        own = log_price(n, origin + horizon)
        for group, members in (("catalog", (0, 1, 2)), ("store", (1,) if n == 1 else (0, 2))):
            logs = [log_price(m, origin + horizon) for m in members]
            beside = 0 if isnan(own) else own - np.nanmean(logs)
            assert told[f"price_to_{group}"] == pytest.approx(np.clip(beside, -3, 3), abs=1e-5)


def test_group_means_are_of_the_listed_products(monkeypatch: pytest.MonkeyPatch) -> None:
    prices = np.float32([[1, 2, np.nan], [4, np.nan, np.nan], [0, 8, np.nan]])
    groups = np.array([[1, 3], [2, 3], [1, 4]])
    monkeypatch.setattr(crops, "_ROWS", 2)  # products at a time
    means = group_means(prices, groups, CPU)
    assert means.shape == (5, 3)
    for group, day in np.ndindex(5, 3):
        logs = []
        for product in range(3):
            if (group == 0 or group in groups[product]) and not isnan(prices[product, day]):
                logs.append(log(max(prices[product, day], 1e-3)))
        assert means[group, day] == pytest.approx(sum(logs) / max(len(logs), 1), abs=1e-6)


def test_a_signal_is_told_as_it_is_and_with_what_it_did_in_the_year_before(shelf: Shelf) -> None:
    sales, in_stock = panel().sales, at(shelf, shelf.in_stock)
    level, signals = at(shelf, shelf.levels.level), COVARIATES.signals
    lifts = set()
    for n, origin, horizon, told in told_of_days_ahead(shelf):
        for name in SIGNALS:
            values = signals[name].values[signals[name].rows[n]]
            sold, count = 4.0, 4.0
            for day in range(origin - 363, origin + 1):
                weight = values[day] * in_stock[n, day]
                sold += weight * min(sales[n, day] / level[n, day], 12)
                count += weight
            now = values[origin + horizon] if origin + horizon < KNOWN else 0
            lifts.add(round(log(sold / count), 3) if now else None)
            assert told[f"{name}_now"] == now
            assert told[f"{name}_with_own_lift"] == pytest.approx(now * log(sold / count), abs=1e-5)
    assert len(lifts) > 6


def months_ago(day: date, months: int) -> int:
    """How many days ago the same day of an earlier month was, or the last of a month that has no such day."""
    year, month = divmod(12 * day.year + day.month - 1 - months, 12)
    return (day - date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))).days


def same_days_of_months(day: date, horizon: int) -> list[int]:
    """How many days before the day; of the last three months that are known so many days before it."""
    return [back for back in (months_ago(day, months) for months in range(1, 7)) if back >= horizon][:3]


def test_the_same_day_of_the_months_before_is_found_in_any_month_and_from_any_horizon() -> None:
    days = [date(2023, 11, 1) + timedelta(i) for i in range(500)]  # a leap year in it
    offsets = month_days(np.array(days, dtype="datetime64[D]"))
    assert offsets.tolist() == [[months_ago(day, months) for months in range(1, 7)] for day in days]
    horizons = torch.arange(1, 91)
    found = months_before(torch.from_numpy(offsets)[:, None].expand(-1, 90, -1), horizons)
    assert found.tolist() == [[same_days_of_months(day, horizon) for horizon in range(1, 91)] for day in days]


def test_the_same_day_of_the_months_before_is_told_of_days_in_stock(shelf: Shelf) -> None:
    sales, in_stock, level = panel().sales, at(shelf, shelf.in_stock), at(shelf, shelf.levels.level)
    total = demand(panel()).sum(axis=0)
    assert not panel().closed.any()
    for n, origin, horizon, told in told_of_days_ahead(shelf):
        day = origin + horizon
        back = same_days_of_months(date(2022, 3, 1) + timedelta(day), horizon)
        assert day - back[0] <= origin
        units = sum(sales[n, day - b] for b in back if in_stock[n, day - b]) + level[n, origin] / 2
        mean = units / (sum(in_stock[n, day - b] for b in back) + 0.5)
        catalog = np.mean([min(total[day - b] / total[day - b - 27 : day - b + 1].mean(), 5) for b in back])
        assert told["month_day"] == pytest.approx(min(mean / level[n, origin], 4), rel=1e-5)
        assert told["month_day_catalog"] == pytest.approx(log(np.clip(catalog, 0.2, 5)), abs=1e-5)


def test_a_month_profile_without_a_day_in_stock_is_the_level() -> None:
    none, some = torch.zeros(3), torch.tensor([0.0, 1, 1])
    level, units = torch.tensor(6.0), torch.tensor([100.0, 2, 4])
    assert month_profile(units, none, level) == level
    assert month_profile(units, some, level).item() == pytest.approx((2 + 4 + 3) / 2.5)


def test_events_are_told_before_on_and_after_their_day() -> None:
    rng = np.random.default_rng(7)
    events = {name: rng.random(60) < 0.1 for name in ("b", "a")}
    events["a"][[0, 59]] = True
    told = event_features(events, 60)
    assert told.shape == (60, 3 * 2 + 4)

    def on(names: str, day: int) -> bool:
        return any(0 <= day < 60 and events[name][day] for name in names)

    for t in range(60):
        expected = [on(name, t + ahead) for name in "ab" for ahead in (1, 0, -1)]
        expected += [on("ab", t), on("ab", t + 1), on("ab", t + 2) or on("ab", t + 3), on("ab", t - 1)]
        assert told[t] == pytest.approx(0.3 * np.array(expected))
    assert event_features({}, 60).shape == (60, 0)


def test_the_calendar_of_a_shelf_tells_of_the_events_around_each_day(shelf: Shelf) -> None:
    """Days before the panel and after all that is known have none; the last day is told of those after it."""
    events, names = COVARIATES.events, ["fair", "feast"]
    first = shelf.first_day
    for day in (-5, -1, 0, 1, 250, KNOWN - 4, KNOWN, KNOWN + 1, T + 89):
        told = shelf.context.calendar[first + day, len(SEASON_NAMES) + len(MONTH_DAY_NAMES) :][:6].tolist()
        around = [day + 1, day, day - 1]
        expected = [0 <= d < KNOWN and bool(events[name][d]) for name in names for d in around]
        assert told == pytest.approx(0.3 * np.array(expected))


def test_the_last_days_of_a_spaced_sum_are_those_of_the_whole() -> None:
    x = torch.randn(3, 40, generator=torch.Generator().manual_seed(0))
    for last in (1, 7, 30, 40):
        torch.testing.assert_close(spaced_sum(x, 4, 7, last), spaced_sum(x, 4, 7)[:, -last:], rtol=0, atol=0)
