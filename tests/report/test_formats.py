import numpy as np
import pytest

from shelfcast.report.formats import column, day, number, percent, plural, short_day, units


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [(4.0112, 2, "4.01"), (1234.4, 0, "1,234"), (-0.5, 1, "−0.5"), (-0.001, 2, "0.00"), (np.nan, 2, "–")],
)
def test_numbers(value, places, text):
    assert number(value, places) == text


def test_shares():
    assert percent(0.1234) == "12.3\u00a0%"
    assert percent(-1.5, 0) == "−150\u00a0%"
    assert percent(-0.0001) == "0.0\u00a0%"
    assert percent(np.nan) == "–"


def test_the_numbers_of_a_column_have_the_same_decimals():
    assert column([12.345, 0.5, 3]) == ["12.3", "0.5", "3.0"]
    assert column([1234.5, 0.5]) == ["1,234", "0"]
    assert column([0.012, np.nan]) == ["0.012", "–"]
    assert column([0.0]) == ["0.000"]
    assert column([]) == []


def test_one_is_not_many():
    assert plural(1, "product") == "1 product"
    assert plural(3049, "product") == "3,049 products"


def test_days():
    assert day(np.datetime64("2023-06-30")) == "30 June 2023"
    assert short_day(np.datetime64("2023-07-01")) == "1 Jul"


def test_units_are_for_people_who_order_them():
    assert units([0.0, 0.0]) == ["0", "0"]
    assert units([0.004, 0.007, 0.123]) == ["<0.01", "0.01", "0.12"]
    assert units([240.0, 0.3, 0.0, np.nan]) == ["240", "<1", "0", "–"]
