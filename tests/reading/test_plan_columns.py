"""Promotions and events that stand beside the units of a table of sales: the door points at them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from shelfcast import read_sales
from shelfcast.reading.plan_columns import event_columns, may_be_signal, sounds_like_signal


def stores(days: int = 60) -> pd.DataFrame:
    """A row a store and day, closed on Sundays, as chains publish their sales."""
    frame = pd.DataFrame({"Date": pd.date_range("2024-01-01", periods=days)}).merge(
        pd.DataFrame({"Store": [1, 2, 3]}), how="cross"
    )
    weekday = frame.Date.dt.day_of_week
    frame["Sales"] = np.where(weekday == 6, 0, 5000 + 100 * weekday)
    frame["Customers"] = frame.Sales // 9
    frame["Promo"] = (weekday < 3).astype(int)
    frame["Promo_id"] = 7
    frame["StateHoliday"] = np.where(frame.Date == "2024-01-06", "a", "0")
    frame["Discount price"] = 4.99
    return frame


def hints(frame: pd.DataFrame) -> list[str]:
    return [line for line in read_sales(frame)[1].lines() if line.startswith("Beside the units")]


def test_promotions_and_events_beside_the_units_are_pointed_at() -> None:
    both = [
        "Beside the units: 'Promo'; to learn from promotions, train with this table as --promotions, too.",
        "Beside the units: 'StateHoliday'; to learn from events, train with this table as --events, too.",
    ]
    frame = stores()
    assert hints(frame) == both
    assert hints(frame[frame.Date.dt.day_of_week < 6]) == both, "whole days without a row"
    assert hints(frame[(frame.Store > 1) | (frame.Date > "2024-02-10")]) == both, "a store that opened later"
    assert not hints(frame[["Date", "Store", "Sales", "Customers"]])
    assert not hints(frame.assign(Promo=0, StateHoliday="0"))


def test_a_flag_that_only_sales_have_tells_of_nothing_else() -> None:
    frame = stores()
    assert not hints(frame[np.random.default_rng(0).random(len(frame)) < 0.8])
    assert not hints(pd.concat([frame, frame])), "two rows of a product and day: a row is a sale"
    assert not hints(frame.assign(receipt=range(len(frame))))


def test_names_are_those_of_promotions_and_of_events() -> None:
    named = ["promo_1", "On Promotion", "Ads", "Rabatt %", "Promo_id", "discount_price", "Advent", "units"]
    assert [name for name in named if sounds_like_signal(name)] == named[:6]
    assert [name for name in named if sounds_like_signal(name) and may_be_signal(name)] == named[:4]
    assert event_columns(["event_name_1", "event_type_1", "description"]) == ["event_name_1"]
    assert event_columns(["description", "region"]) == ["description"]
