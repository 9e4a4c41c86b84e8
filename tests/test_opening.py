"""When a store is closed: found by what it sold, foreseen by what recurs."""

from __future__ import annotations

import numpy as np
import pytest

from shelfcast.opening import closed_days, foreseen_closures

MONDAY = np.datetime64("2022-01-03")


def days(count: int) -> np.ndarray:
    return MONDAY + np.arange(count)


def store(mean: float, count: int = 400, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).poisson(mean, (1, count)).astype(np.float64)


def test_sundays_and_a_week_at_christmas_are_closed_and_no_other_day_is() -> None:
    units, shut = store(30), np.zeros(400, np.bool_)
    shut[6::7] = True
    shut[355:362] = True
    units[0, shut] = 0
    np.testing.assert_array_equal(closed_days(units)[0], shut)


def test_each_store_has_its_own_closed_days() -> None:
    units = np.concatenate([store(30), store(40, seed=1)])
    units[1, 100] = 0
    assert np.argwhere(closed_days(units)).tolist() == [[1, 100]]


def test_a_refund_on_a_closed_day_does_not_open_the_store() -> None:
    units = store(3000)
    units[0, 50] = 12
    assert np.flatnonzero(closed_days(units)[0]).tolist() == [50]


@pytest.mark.parametrize("mean", [0.1, 0.5, 1.0])
def test_a_slow_store_is_hardly_ever_closed(mean: float) -> None:
    assert closed_days(store(mean)).mean() < 0.02


def test_a_slow_store_is_closed_on_the_weekday_on_which_it_never_sells() -> None:
    units = np.random.default_rng(0).poisson(3, (1, 400)) + 1.0
    units[0, 6::7] = 0
    closed = closed_days(units)[0]
    assert closed[13::7].all()
    assert not np.delete(closed, np.arange(6, 400, 7)).any()


def test_days_before_the_first_sale_and_days_of_lumpy_sales_are_not_closed() -> None:
    units = np.zeros((1, 400))
    units[0, 100::9] = 500
    assert not closed_days(units)[0, :100].any()
    assert closed_days(units)[0, 200:].mean() < 0.05


def test_a_day_does_not_depend_on_a_later_one() -> None:
    units = store(20)
    units[0, 6::7] = 0
    units[0, 200:210] = 0
    whole = closed_days(units)
    for day in (50, 205, 300):
        np.testing.assert_array_equal(closed_days(units[:, :day]), whole[:, :day])


def foreseen(shut: np.ndarray, ahead: int, events: dict[str, np.ndarray] | None = None) -> list[int]:
    """The days ahead that are foreseen as closed, counted from the last known day."""
    known = np.ones((1, len(shut)), np.bool_)
    found = foreseen_closures(shut[None], known, days(len(shut)), ahead, events=events)
    return (np.flatnonzero(found[0]) + 1).tolist()


def test_a_weekday_recurs_when_it_was_closed_for_four_weeks() -> None:
    shut = np.zeros(70, np.bool_)
    shut[6::7] = True
    assert foreseen(shut, 20) == [7, 14]
    shut[62] = False  # one Sunday open
    assert foreseen(shut, 20) == []


def test_a_date_recurs_on_any_weekday_and_a_rebuilding_does_not() -> None:
    shut = np.zeros(2 * 365 - 30, np.bool_)  # up to 3 December 2023
    christmas = int((np.datetime64("2022-12-25") - MONDAY).astype(int))
    shut[christmas] = True
    shut[6::7] = True
    last = len(shut) - 1
    ahead = foreseen(shut, 40)
    assert christmas + 365 - last not in ahead  # it was a Sunday: that says nothing of a Monday
    shut[christmas + 1] = True
    assert christmas + 366 - last in foreseen(shut, 40)
    shut[christmas + 1 : christmas + 30] = True
    assert christmas + 366 - last not in foreseen(shut, 40)


def test_an_event_on_which_it_was_always_closed_recurs_whatever_its_date() -> None:
    shut, feast = np.zeros(400, np.bool_), np.zeros(430, np.bool_)
    feast[[90, 301, 411]] = True
    shut[[90, 301]] = True
    assert foreseen(shut, 30, {"feast": feast}) == [12]
    shut[301] = False
    assert foreseen(shut, 30, {"feast": feast}) == []


def test_past_days_are_foreseen_from_the_day_before_each() -> None:
    shut = np.zeros(100, np.bool_)
    shut[[*range(6, 70, 7), 90]] = True
    known = np.ones((1, 100), np.bool_)
    rolling = foreseen_closures(shut[None], known, days(100), ahead=0, back=100)[0]
    for day in range(30, 100):
        one = foreseen_closures(shut[None, :day], known[:, :day], days(day), ahead=1)
        assert rolling[day] == one[0, 0]
    assert rolling[69]
    assert not rolling[83]  # after an open Sunday
