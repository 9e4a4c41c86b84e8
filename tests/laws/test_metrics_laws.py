"""Law 5: what must hold for every metric, each law shown to catch a metric that breaks it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from shelfcast.evaluation import metrics

Array = np.ndarray[Any, Any]
Metric = Callable[[Array, Array, Array], Array]
Law = Callable[[Metric, Array, Array, Array], None]

SCALE = 2.5


def assert_close(found: Array, expected: Array | list[float]) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def rmsse(y: Array, forecast: Array, observed: Array) -> Array:
    return metrics.rmsse(y, forecast, observed, np.full(len(y), SCALE))


ERRORS: dict[str, Metric] = {
    "mae": metrics.mae,
    "mse": metrics.mse,
    "rmse": metrics.rmse,
    "wape": metrics.wape,
    "rmsse": rmsse,
}
METRICS = {**ERRORS, "bias": metrics.bias}


@st.composite
def shops(draw: st.DrawFn) -> tuple[Array, Array, Array]:
    """`y`, `forecast`, `observed`: whole, broken and large units; products all zero, or never observed."""
    shape = draw(st.integers(1, 5)), draw(st.integers(1, 6))
    gaps, perfect = draw(st.booleans()), draw(st.booleans())
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))

    def units() -> Array:
        kinds = np.zeros(shape), rng.integers(0, 9, shape), rng.gamma(1, 3, shape), rng.uniform(0, 1e4, shape)
        return np.choose(rng.integers(0, 4, shape), kinds).astype(np.float32)

    y = units() * (rng.random((shape[0], 1)) < 0.8)
    forecast = y.copy() if perfect else units()
    observed = rng.random(shape) < rng.choice([0, 0.5, 1], (shape[0], 1)) if gaps else np.ones(shape, np.bool_)
    return y.astype(np.float32), forecast, observed


# The contents hang on a seed, so there is nothing to shrink: the first counterexample is shown.
QUICK = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
)


def check(law: Law, metric: Metric) -> None:
    @QUICK
    @given(shops())
    def holds(shop: tuple[Array, Array, Array]) -> None:
        law(metric, *shop)

    holds()


def perfect_is_zero(metric: Metric, y: Array, forecast: Array, observed: Array) -> None:
    assert (metric(y, y, observed)[observed.any(axis=1)] == 0).all()


def only_perfect_is_zero(metric: Metric, y: Array, forecast: Array, observed: Array) -> None:
    # A thousandth of a unit and more: squares of less may be lost beside 1e4.
    wrong = (observed & (np.abs(forecast.astype(np.float64) - y) > 1e-3)).any(axis=1)
    assert (metric(y, forecast, observed)[wrong] > 0).all()


def never_negative(metric: Metric, y: Array, forecast: Array, observed: Array) -> None:
    assert (metric(y, forecast, observed)[observed.any(axis=1)] >= 0).all()


def defined_where_observed_and_only_there(metric: Metric, y: Array, forecast: Array, observed: Array) -> None:
    for sold in (y, np.zeros_like(y)):
        assert (np.isfinite(metric(sold, forecast, observed)) == observed.any(axis=1)).all()


def permuted_products_permute_the_scores(metric: Metric, y: Array, forecast: Array, observed: Array) -> None:
    back = slice(None, None, -1)
    assert_close(metric(y[back], forecast[back], observed[back]), metric(y, forecast, observed)[back])


def the_order_of_days_does_not_matter(metric: Metric, y: Array, forecast: Array, observed: Array) -> None:
    back = (slice(None), slice(None, None, -1))
    assert_close(metric(y[back], forecast[back], observed[back]), metric(y, forecast, observed))


def a_product_alone_scores_the_same(metric: Metric, y: Array, forecast: Array, observed: Array) -> None:
    assert_close(metric(y[:1], forecast[:1], observed[:1]), metric(y, forecast, observed)[:1])


def what_is_not_observed_does_not_matter(metric: Metric, y: Array, forecast: Array, observed: Array) -> None:
    other = np.where(observed, y, y + 7), np.where(observed, forecast, 2 * forecast + 1)
    np.testing.assert_array_equal(metric(*other, observed), metric(y, forecast, observed))


def equals(twin: Callable[[Array, Array], float]) -> Law:
    """The metric equals its twin, which sees one product's observed days at a time."""

    def equals_its_twin(metric: Metric, y: Array, forecast: Array, observed: Array) -> None:
        expected = [
            twin(y[n, observed[n]].astype(np.float64), forecast[n, observed[n]].astype(np.float64))
            if observed[n].any()
            else np.nan
            for n in range(len(y))
        ]
        assert_close(metric(y, forecast, observed), expected)

    return equals_its_twin


def slow_mae(y: Array, forecast: Array) -> float:
    return float(sum(abs(f - actual) for actual, f in zip(y, forecast, strict=True)) / len(y))


def slow_wape(y: Array, forecast: Array) -> float:
    return float(sum(abs(f - actual) for actual, f in zip(y, forecast, strict=True)) / (sum(y) or 1.0))


def slow_bias(y: Array, forecast: Array) -> float:
    return float(sum(f - actual for actual, f in zip(y, forecast, strict=True)) / len(y))


TWINS = [
    ("mae", sklearn.metrics.mean_absolute_error),
    ("mae", slow_mae),
    ("mse", sklearn.metrics.mean_squared_error),
    ("rmse", sklearn.metrics.root_mean_squared_error),
    ("wape", slow_wape),
    ("rmsse", lambda y, f: (sum((f - y) ** 2) / len(y) / SCALE) ** 0.5),
    ("bias", slow_bias),
]
LAWS_OF_ALL: list[Law] = [
    perfect_is_zero,
    defined_where_observed_and_only_there,
    permuted_products_permute_the_scores,
    the_order_of_days_does_not_matter,
    a_product_alone_scores_the_same,
    what_is_not_observed_does_not_matter,
]


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("law", LAWS_OF_ALL)
def test_a_metric_keeps_the_law(law: Law, name: str) -> None:
    check(law, METRICS[name])


@pytest.mark.parametrize("name", ERRORS)
@pytest.mark.parametrize("law", [never_negative, only_perfect_is_zero])
def test_an_error_keeps_the_law(law: Law, name: str) -> None:
    check(law, ERRORS[name])


@pytest.mark.parametrize(("name", "twin"), TWINS)
def test_a_metric_equals_its_independent_twin(name: str, twin: Callable[[Array, Array], float]) -> None:
    check(equals(twin), METRICS[name])


def test_bias_is_never_further_from_zero_than_the_mae() -> None:
    def law(metric: Metric, y: Array, forecast: Array, observed: Array) -> None:
        scored = observed.any(axis=1)
        mae = metrics.mae(y, forecast, observed)
        assert (np.abs(metric(y, forecast, observed)) <= mae * (1 + 1e-9) + 1e-9)[scored].all()

    check(law, metrics.bias)
    with pytest.raises(AssertionError):
        check(law, lambda y, f, observed: 1.1 * metrics.mae(y, f, observed))


# Planted faults: each is a way in which a metric has been wrong somewhere, and the law that finds it.


def tweedie_without_its_constant(y: Array, forecast: Array, observed: Array) -> Array:
    """A deviance that dropped the term of y alone: below 0 for a perfect forecast."""
    terms = 2 * np.sqrt(forecast.astype(np.float64)) - 4 * np.sqrt(y.astype(np.float64))
    return np.where(observed.any(axis=1), (terms * observed).sum(axis=1), np.nan)


def wape_without_its_rule_for_zero(y: Array, forecast: Array, observed: Array) -> Array:
    with np.errstate(all="ignore"):
        return np.asarray((np.abs(forecast - y) * observed).sum(axis=1) / (y * observed).sum(axis=1))


def mae_that_ignores_status(y: Array, forecast: Array, observed: Array) -> Array:
    return np.where(observed.any(axis=1), np.abs(forecast - y).mean(axis=1), np.nan)


def mae_of_zero_for_what_was_not_observed(y: Array, forecast: Array, observed: Array) -> Array:
    return np.nan_to_num(metrics.mae(y, forecast, observed))


def mae_over_the_first_products_sales(y: Array, forecast: Array, observed: Array) -> Array:
    return np.asarray(metrics.mae(y, forecast, observed) / (1 + y[0].sum(dtype=np.float64)))


def mae_over_the_largest_sale_of_the_shop(y: Array, forecast: Array, observed: Array) -> Array:
    return np.asarray(metrics.mae(y, forecast, observed) / (1 + y.max()))


def mae_of_the_first_observed_day(y: Array, forecast: Array, observed: Array) -> Array:
    first = observed & (observed.cumsum(axis=1) == 1)
    return metrics.mae(y, forecast, first)


FAULTS: list[tuple[Law, Metric]] = [
    (perfect_is_zero, tweedie_without_its_constant),
    (never_negative, tweedie_without_its_constant),
    (never_negative, metrics.bias),
    (only_perfect_is_zero, metrics.bias),
    (defined_where_observed_and_only_there, wape_without_its_rule_for_zero),
    (defined_where_observed_and_only_there, mae_of_zero_for_what_was_not_observed),
    (what_is_not_observed_does_not_matter, mae_that_ignores_status),
    (permuted_products_permute_the_scores, mae_over_the_first_products_sales),
    (a_product_alone_scores_the_same, mae_over_the_largest_sale_of_the_shop),
    (the_order_of_days_does_not_matter, mae_of_the_first_observed_day),
    (equals(slow_mae), mae_that_ignores_status),
    (equals(slow_mae), metrics.rmse),
    (equals(slow_wape), wape_without_its_rule_for_zero),
]


@pytest.mark.parametrize(("law", "fault"), FAULTS)
def test_the_law_catches_the_fault(law: Law, fault: Metric) -> None:
    with pytest.raises(AssertionError):
        check(law, fault)


def test_the_mae_is_scikit_learns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        sklearn.metrics,
        "mean_absolute_error",
        lambda y, f, multioutput: sklearn.metrics.mean_squared_error(y, f, multioutput=multioutput),
    )
    with pytest.raises(AssertionError):
        check(equals(slow_mae), metrics.mae)


# The shop's score.

Score = Callable[[Array, Array, Array, Array], metrics.Scores]


def slow_score(y: Array, forecast: Array, observed: Array, scale: Array) -> metrics.Scores:
    """Cell by cell, over lists."""
    maes, rmsses, signed, units = list[float](), list[float](), list[float](), 0.0
    for n in range(len(y)):
        cells = [(float(y[n, d]), float(forecast[n, d])) for d in range(y.shape[1]) if observed[n, d]]
        if cells:
            own = [f - a for a, f in cells]
            maes.append(sum(map(abs, own)) / len(own))
            rmsses.append((sum(e * e for e in own) / len(own) / scale[n]) ** 0.5)
            signed += own
            units += sum(a for a, _ in cells)
    mse = sum(e * e for e in signed) / len(signed)
    ranked = sorted(maes)
    middle = (ranked[(len(ranked) - 1) // 2] + ranked[len(ranked) // 2]) / 2
    return metrics.Scores(
        mae=sum(maes) / len(maes),
        mae_median=middle,
        mse=mse,
        rmse=mse**0.5,
        wape=sum(map(abs, signed)) / (units or 1.0),
        rmsse=sum(rmsses) / len(rmsses),
        bias=sum(signed) / len(signed),
        bias_share=sum(signed) / (units or 1.0),
        products=len(maes),
        not_scored=len(y) - len(maes),
    )


def check_score(score: Score) -> None:
    @QUICK
    @given(shops().filter(lambda shop: bool(shop[2].any())))
    def holds(shop: tuple[Array, Array, Array]) -> None:
        y, forecast, observed = shop
        scale = 1.0 + np.arange(len(y))
        found = asdict(score(y, forecast, observed, scale))
        assert found == pytest.approx(asdict(slow_score(y, forecast, observed, scale)), rel=1e-9, abs=1e-9)
        back = slice(None, None, -1)
        turned = asdict(score(y[back], forecast[back], observed[back], scale[back]))
        assert found == pytest.approx(turned, rel=1e-9, abs=1e-9)
        perfect = score(y, y, observed, scale)
        assert (perfect.mae, perfect.mse, perfect.wape, perfect.rmsse, perfect.bias) == (0, 0, 0, 0, 0)

    holds()


def test_the_shops_score_equals_its_slow_twin_in_any_order_of_products() -> None:
    check_score(metrics.score)


def test_a_shops_score_that_loses_its_all_zero_products_is_caught() -> None:
    def losing(y: Array, forecast: Array, observed: Array, scale: Array) -> metrics.Scores:
        sold = (y * observed).any(axis=1)
        if not sold.any():
            return metrics.score(y, forecast, observed, scale)
        return metrics.score(y[sold], forecast[sold], observed[sold], scale[sold])

    with pytest.raises(AssertionError):
        check_score(losing)
