from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from shelfcast import scores
from shelfcast.errors import ColumnError, HistoryError, ModelFolderError, ShelfcastError
from shelfcast.evaluation.backtest import Backtest
from shelfcast.evaluation.baselines import BASELINES, mean_28
from shelfcast.panel import Floats, Panel, Status

D = 14


def shop(N: int = 12, T: int = 120, seed: int = 0) -> Panel:
    rng = np.random.default_rng(seed)
    sales = rng.poisson(rng.gamma(1, 4, (N, 1)), (N, T)).astype(np.float32) + np.float32(0.1)
    sales[5, :100] = 0
    status = rng.choice([Status.ON_SALE, Status.SOLD_OUT], (N, T), p=[0.97, 0.03]).astype(np.uint8)
    status[3, -D:] = Status.NOT_ON_SALE
    sales[3, -D:] = 0
    names = ["001", "1", "NA", 'a "b", c', *(f"p{n:02d}" for n in range(N - 4))]
    parts = {"store": np.array([name[:1] for name in names]), "item": np.array([name[1:] for name in names])}
    return Panel.of(sales, np.datetime64("2024-01-01") + np.arange(T), names, status, parts)


def forecast(panel: Panel) -> Floats:
    truth, noise = panel.sales[:, -D:], np.random.default_rng(1).normal(0, 1, (len(panel.products), D))
    return (0.5 * mean_28(panel, D) + 0.5 * truth + noise * (np.arange(len(truth)) % 3)[:, None]).astype(np.float32)


@pytest.fixture(scope="module")
def backtest() -> Backtest:
    panel = shop()
    return Backtest.of(panel, "classic", forecast(panel))


def test_the_last_days_are_tested_and_the_days_before_describe_the_products(backtest: Backtest) -> None:
    panel = shop()
    np.testing.assert_array_equal(backtest.dates, panel.dates[-D:])
    np.testing.assert_array_equal(backtest.y, panel.sales[:, -D:])
    np.testing.assert_array_equal(backtest.observed, panel.observed[:, -D:])
    np.testing.assert_array_equal(backtest.on_sale, panel.on_sale[:, -D:])
    sales, status = panel.sales.copy(), panel.status.copy()
    sales[:, -D:] = 1000
    status[:, -D:] = Status.ON_SALE
    other = Backtest.of(replace(panel, sales=sales, status=status), "classic", forecast(panel))
    for name in ("scale", "mean_sales", "demand_class"):
        np.testing.assert_array_equal(getattr(other, name), getattr(backtest, name))


def test_the_score_table_has_the_model_first_and_every_baseline_after_it(backtest: Backtest) -> None:
    scores = backtest.scores()
    assert scores["model"].tolist() == ["classic", *BASELINES]
    assert scores.columns.tolist() == [
        "model", "mae", "mae_median", "mse", "rmse", "wape", "rmsse", "bias", "bias_share",
        "products", "not_scored", "mae_of",
    ]  # fmt: skip
    assert not scores.isna().any(axis=None)
    assert (scores["products"] == 11).all()
    assert (scores["not_scored"] == 1).all()


def test_no_backtest_can_be_made_without_seasonal_naive(backtest: Backtest) -> None:
    for names in (["classic", "naive", "mean_28"], ["seasonal_naive", "naive"]):
        with pytest.raises(ShelfcastError, match="seasonal_naive"):
            replace(backtest, forecasts=dict.fromkeys(names, backtest.y))


def test_the_product_table_agrees_with_the_score_table(backtest: Backtest) -> None:
    table, scores = backtest.per_product(), backtest.scores().set_index("model")
    assert table["mae"].mean() == pytest.approx(scores.loc["classic", "mae"])
    assert table["rmsse"].mean() == pytest.approx(scores.loc["classic", "rmsse"])
    for name in BASELINES:
        assert table[f"mae_{name}"].mean() == pytest.approx(scores.loc[name, "mae"])


def test_the_product_table_has_a_row_for_every_product(backtest: Backtest) -> None:
    table = backtest.per_product()
    assert table["unique_id"].tolist() == backtest.products.tolist()
    assert table.columns.tolist() == [
        "unique_id", "store", "item", "mae", "rmse", "wape", "rmsse", "bias", "mean_sales", "demand_class",
        "mae_naive", "mae_seasonal_naive", "mae_mean_7", "mae_mean_28", "mae_same_weekday_4",
        "best_baseline", "best_baseline_mae", "gain", "verdict", "reason", "remedy", "scored_days", "scale",
    ]  # fmt: skip
    unscored = table[table["scored_days"] == 0]
    assert unscored["verdict"].tolist() == ["not scored"]
    assert unscored[["mae", "best_baseline_mae", "gain"]].isna().all(axis=None)
    assert not table[table["scored_days"] > 0].isna().any(axis=None)


def test_a_reason_and_a_remedy_stand_where_the_model_is_not_better_and_only_there(backtest: Backtest) -> None:
    table = backtest.per_product()
    assert set(table["verdict"]) == {"better", "not better", "not scored"}
    underserved = table["verdict"] == "not better"
    assert (table["mae"] >= table["best_baseline_mae"])[underserved].all()
    for column in ("reason", "remedy"):
        assert ((table[column] != "") == underserved).all()


def test_the_summary_counts_what_the_product_table_holds(backtest: Backtest) -> None:
    better = (backtest.per_product()["verdict"] == "better").sum()
    assert f" on {better} of 11 products" in backtest.summary()


def test_the_forecast_table_is_long_and_each_cutoff_is_the_day_before(backtest: Backtest) -> None:
    table = backtest.forecast_table()
    assert table.columns.tolist() == [
        "unique_id", "store", "item", "ds", "cutoff", "y", "mean", "on_sale", "observed",
    ]  # fmt: skip
    assert len(table) == 12 * D
    assert (table["ds"] - table["cutoff"] == pd.Timedelta(days=1)).all()
    pd.testing.assert_frame_equal(table, table.sort_values(["unique_id", "ds"], ignore_index=True))
    row = table[(table["unique_id"] == "p03") & (table["ds"] == "2024-04-20")]
    assert row["mean"].tolist() == [backtest.forecasts["classic"][list(backtest.products).index("p03"), 4]]
    assert row["store"].tolist() == ["p"]


def test_the_baseline_table_holds_the_same_rows(backtest: Backtest) -> None:
    table = backtest.baseline_table()
    assert table.columns.tolist() == ["unique_id", "ds", "cutoff", *BASELINES]
    pd.testing.assert_frame_equal(table.iloc[:, :3], backtest.forecast_table()[["unique_id", "ds", "cutoff"]])


def assert_same(one: Backtest, other: Backtest) -> None:
    for name in (field.name for field in fields(Backtest)):
        a, b = getattr(one, name), getattr(other, name)
        if isinstance(a, np.ndarray):
            a, b = {name: a}, {name: b}
        assert list(a) == list(b)
        for key in a:
            np.testing.assert_array_equal(a[key], b[key], strict=a[key].dtype.kind != "U")
    pd.testing.assert_frame_equal(one.scores(), other.scores(), check_exact=True)
    pd.testing.assert_frame_equal(one.per_product(), other.per_product(), check_exact=True)
    assert one.summary() == other.summary()


def stored(backtest: Backtest, folder: Path) -> Backtest | None:
    """The backtest after a trip through files."""
    scores.write_backtest(folder, backtest)
    return scores.read_backtest(folder, backtest.model, backtest.products, backtest.attributes)


def test_a_backtest_that_is_written_some_products_at_a_time_is_the_same(
    backtest: Backtest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scores, "_ROWS", 2)
    assert len(backtest.products) > 2
    scores.write_backtest(tmp_path, backtest)
    for name, table in (("forecasts", backtest.forecast_table()), ("baselines", backtest.baseline_table())):
        table.to_parquet(tmp_path / "whole.parquet", index=False)
        written, whole = (pd.read_parquet(tmp_path / f"{file}.parquet") for file in (name, "whole"))
        pd.testing.assert_frame_equal(written, whole, check_exact=True)


def test_a_backtest_comes_back_from_its_files_number_for_number(backtest: Backtest, tmp_path: Path) -> None:
    assert scores.read_backtest(tmp_path, "classic", backtest.products, backtest.attributes) is None
    back = stored(backtest, tmp_path)
    assert back is not None
    assert_same(backtest, back)


def test_a_changed_forecast_changes_the_scores_that_come_back(backtest: Backtest) -> None:
    arrays = backtest.to_arrays()
    arrays["mean"] = arrays["mean"] * np.float32(2)
    other = Backtest.from_arrays("classic", arrays, backtest.products, backtest.attributes)
    with pytest.raises(AssertionError):
        assert_same(backtest, other)


@pytest.mark.parametrize(
    "change",
    [
        lambda arrays: arrays | {"y": arrays["y"][:, 1:]},
        lambda arrays: arrays | {"y": arrays["y"].astype(np.float64)},
        lambda arrays: arrays | {"dates": arrays["dates"][:0], "cutoffs": arrays["cutoffs"][:0]},
        lambda arrays: arrays | {"scale": arrays["scale"][1:]},
        lambda arrays: arrays | {"unknown": arrays["y"]},
        lambda arrays: {name: array for name, array in arrays.items() if name != "seasonal_naive"},
        lambda arrays: arrays | {"reason": arrays["reason"] + np.uint8(200)},
        lambda arrays: {},
    ],
)
def test_arrays_that_do_not_belong_together_are_an_error(
    backtest: Backtest, change: Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]]
) -> None:
    with pytest.raises(ModelFolderError, match="another shape"):
        Backtest.from_arrays("classic", change(backtest.to_arrays()), backtest.products, backtest.attributes)


def test_a_forecast_that_is_not_a_number_is_named() -> None:
    panel = shop()
    broken = forecast(panel)
    broken[2, 3] = np.nan
    with pytest.raises(ShelfcastError, match="classic forecasts nan for 'NA' on 2024-04-19"):
        Backtest.of(panel, "classic", broken)


def test_a_forecast_for_other_products_is_an_error() -> None:
    panel = shop()
    with pytest.raises(ShelfcastError, match=r"must be \[12, 14\]"):
        Backtest.of(panel, "classic", forecast(panel)[:-1])


def test_a_model_cannot_pass_as_a_baseline() -> None:
    panel = shop()
    with pytest.raises(ShelfcastError, match="cannot be called 'mean_28'"):
        Backtest.of(panel, "mean_28", forecast(panel))


def test_a_forecast_for_all_days_leaves_no_history_and_is_an_error() -> None:
    panel = shop()
    with pytest.raises(HistoryError, match="Choose from 1 to 119 test days"):
        Backtest.of(panel, "classic", panel.sales)


def test_a_key_column_that_a_table_has_already_is_an_error(backtest: Backtest) -> None:
    clash = replace(backtest, attributes={"y": backtest.products})
    with pytest.raises(ColumnError, match="Rename the key column"):
        clash.forecast_table()


def test_permuted_products_give_the_same_scores() -> None:
    panel = shop()
    renamed = np.array([f"{n:02d}" for n in range(len(panel.products))])
    back = Panel.of(panel.sales[::-1], panel.dates, renamed, panel.status[::-1])
    pd.testing.assert_frame_equal(
        Backtest.of(panel, "classic", forecast(panel)).scores(),
        Backtest.of(back, "classic", forecast(panel)[::-1]).scores(),
    )


OUTPUTS = {"median": 0.0, "lo-80": -2.0, "hi-80": 2.0, "lo-95": -4.0, "hi-95": 4.0}


def with_outputs(one_origin: bool = False) -> Backtest:
    """The mean 3 too high, the median right but for noise, intervals around it."""
    panel = shop()
    median = forecast(panel)
    outputs = {name: (median + shift).astype(np.float32) for name, shift in OUTPUTS.items()}
    return Backtest.of(panel, "catalog", median + np.float32(3), {**outputs, "mean": median}, one_origin=one_origin)


def test_absolute_errors_are_the_medians_and_all_others_the_means(backtest: Backtest) -> None:
    both, median_only = with_outputs(), backtest
    scores, right = both.scores().iloc[0], median_only.scores().iloc[0]
    assert scores["mae_of"] == "median"
    assert (both.scores()["mae_of"][1:] == "mean").all()
    for name in ("mae", "mae_median"):
        assert scores[name] == right[name]
    assert scores["bias"] == pytest.approx(right["bias"] + 3, abs=1e-5)
    assert scores["rmse"] > right["rmse"]
    assert scores["wape"] > right["wape"]
    np.testing.assert_array_equal(both.per_product()["verdict"], median_only.per_product()["verdict"])
    np.testing.assert_array_equal(both.per_product()["mae"], median_only.per_product()["mae"])
    assert (both.per_product()["rmse"] > median_only.per_product()["rmse"]).sum() > 8
    assert "error of its median; its mean has an RMSE of" in both.summary()


def test_the_intervals_say_how_many_observed_days_they_held(backtest: Backtest) -> None:
    result = with_outputs()
    low, high = result.outputs["lo-80"], result.outputs["hi-80"]
    held = [
        low[n, d] <= result.y[n, d] <= high[n, d]
        for n in range(len(result.y))
        for d in range(D)
        if result.observed[n, d]
    ]
    table = result.intervals()
    assert table["interval"].tolist() == ["80 %", "95 %"]
    assert table["promised"].tolist() == [0.8, 0.95]
    assert table["coverage"][0] == pytest.approx(np.mean(held))
    assert table["coverage"][0] < table["coverage"][1]
    np.testing.assert_allclose(table["width"], [4, 8], rtol=1e-5)
    assert backtest.intervals().empty


@pytest.mark.parametrize("one_origin", [False, True])
def test_outputs_and_cutoffs_come_back_from_the_files(one_origin: bool, tmp_path: Path) -> None:
    result = with_outputs(one_origin)
    table = result.forecast_table()
    assert table.columns.tolist() == [
        "unique_id", "store", "item", "ds", "cutoff", "y", "mean", "median", "lo-80", "hi-80", "lo-95", "hi-95",
        "on_sale", "observed",
    ]  # fmt: skip
    if one_origin:
        assert (table["cutoff"] == pd.Timestamp("2024-04-15")).all()
    back = stored(result, tmp_path)
    assert back is not None
    assert_same(result, back)


def test_the_baselines_of_one_origin_know_nothing_after_it() -> None:
    panel, changed = shop(), shop()
    changed.sales[:, -D:] += 50
    results = [Backtest.of(p, "classic", forecast(panel), one_origin=True) for p in (panel, changed)]
    rolling = [Backtest.of(p, "classic", forecast(panel)) for p in (panel, changed)]
    for name in BASELINES:
        np.testing.assert_array_equal(*(result.forecasts[name] for result in results))
        assert not np.array_equal(*(result.forecasts[name] for result in rolling))


def test_an_interval_that_is_not_a_number_is_named() -> None:
    outputs = {"median": forecast(shop())}
    outputs["median"][2, 3] = np.inf
    with pytest.raises(ShelfcastError, match="catalog, median forecasts inf for 'NA'"):
        Backtest.of(shop(), "catalog", forecast(shop()), outputs)
