"""The catalog recipe behind the doors: what comes out of it, for any horizon, any seq_len and new products."""

from __future__ import annotations

import json
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn.functional import softplus

from shelfcast import Forecaster, Panel
from shelfcast.cli import main
from shelfcast.errors import HistoryError, ModelFolderError, RecipeError, SalesError
from shelfcast.models import catalog_training
from shelfcast.models.calibration import Calibration
from shelfcast.models.catalog import CatalogModel
from shelfcast.networks import catalog as catalog_network
from shelfcast.networks.catalog import OUTPUTS
from shelfcast.networks.losses import pinball_loss, tweedie_loss
from shelfcast.panel import DAY
from shelfcast.recipe import CatalogRecipe
from shelfcast.windows import split_days

QUICK = {"seq_len": 20, "filters": 6, "hidden": 6, "head": 8, "steps": 10, "batch_size": 4}
COLUMNS = ["mean", "median", "lo-80", "hi-80", "lo-95", "hi-95"]


def shop(products: int = 4, days: int = 100, seed: int = 0) -> Panel:
    rng = np.random.default_rng(seed)
    sales = rng.poisson(rng.uniform(0.3, 20, (products, 1)), (products, days)).astype(np.float32)
    dates = np.datetime64("2024-01-01") + np.arange(days)
    stores = np.array(["A", "B"] * products)[:products]
    return Panel.of(sales, dates, [f"p{i}" for i in range(products)], attributes={"store": stores})


@pytest.fixture(scope="module")
def fitted() -> Forecaster:
    return Forecaster("catalog", device="cpu", **QUICK).fit(shop(), test_days=10)


def test_predict_is_a_row_a_product_and_day_with_its_quantiles(fitted: Forecaster) -> None:
    table = fitted.predict()
    assert table.columns.tolist() == ["unique_id", "store", "ds", "cutoff", *COLUMNS, "on_sale", "status", "cold_start"]
    assert len(table) == 4 * 28
    assert (table["cutoff"] == pd.Timestamp("2024-04-09")).all()
    days = pd.date_range("2024-04-10", periods=28)
    for _, rows in table.groupby("unique_id"):
        assert (rows["ds"].to_numpy() == days.to_numpy()).all()


@pytest.mark.parametrize("horizon", [1, 60, 90])
def test_the_horizon_is_not_baked_in(fitted: Forecaster, horizon: int) -> None:
    table, usual = fitted.predict(horizon=horizon), fitted.predict()
    assert len(table) == 4 * horizon
    assert np.isfinite(table[COLUMNS]).all(axis=None)
    assert (table[COLUMNS] >= 0).all(axis=None)
    both = table.merge(usual, on=["unique_id", "ds"])
    np.testing.assert_allclose(both["mean_x"], both["mean_y"], rtol=1e-5)


@pytest.mark.parametrize("horizon", [0, 91])
def test_a_horizon_that_cannot_be_had_is_an_error_of_ours(fitted: Forecaster, horizon: int) -> None:
    with pytest.raises(HistoryError, match="1 to 90"):
        fitted.predict(horizon=horizon)


def test_classic_forecasts_one_day_and_says_so() -> None:
    forecaster = Forecaster("classic", device="cpu", epochs=1, filters=4, hidden=4).fit(shop(), test_days=5)
    assert len(forecaster.predict(horizon=1)) == 4
    with pytest.raises(HistoryError, match="one day"):
        forecaster.predict(horizon=2)


def quantiles_cross() -> bool:
    """For random weights, of whatever size; what is finite and not negative is so all the same."""
    recipe = CatalogRecipe(**QUICK)
    model, _ = CatalogModel.fit(shop(), recipe, split_days(100, recipe, 0), torch.device("cpu"))
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        for weight in model.network.parameters():
            weight.normal_(std=2)
    crossed = False
    for outputs in (model.ahead(shop(), 30), model.next_days(shop(), 9)):
        assert all(np.isfinite(units).all() and (units >= 0).all() for units in outputs.values())
        crossed |= bool((np.diff(np.stack([outputs[name] for name in OUTPUTS[1:]]), axis=0) < 0).any())
    return crossed


def test_quantiles_never_cross_whatever_the_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not quantiles_cross()
    monkeypatch.setattr(Calibration, "apply", lambda self, outputs, *_: outputs)  # which keeps the order, too
    assert not quantiles_cross()
    monkeypatch.setattr(catalog_network, "_ordered", lambda raw, highway: softplus(raw))
    assert quantiles_cross()


def median_of(fraction: float, least: float, whole: bool = True) -> float:
    """Of an output of that median within an interval from `least` to 9."""
    said = {"mean": 5.0, "median": fraction, "lo-80": least, "hi-80": 9.0, "lo-95": least, "hi-95": 9.0}
    outputs = torch.tensor([said[name] for name in OUTPUTS])
    calibration = replace(Calibration.none(), whole=whole)
    units = calibration.apply(outputs / 2, torch.tensor(2.0), distance=0)
    return float(units[OUTPUTS.index("median")])


def test_the_median_of_counts_is_the_nearest_count() -> None:
    for fraction, count in ((0.0, 0), (0.44, 0), (0.56, 1), (3.44, 3), (3.56, 4)):
        assert median_of(fraction, 0.0) == pytest.approx(count, abs=1e-6)
        assert median_of(fraction, 0.0, whole=False) == pytest.approx(fraction, abs=1e-6)
    assert median_of(3.3, 3.2) == 3, "and stays within its interval, whose ends are counts too"


@pytest.mark.parametrize("whole", [True, False])
def test_an_interval_of_slow_counts_holds_the_days_without_a_sale(whole: bool) -> None:
    """Lower ends near 0 differ from day to day: those that leave a hair above it must not leave all the zeros out."""

    def days(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
        """`[M, 1 + Q]` of levels of 0.3 to 1.2, what is said of such counts, and `[M]` counts."""
        chance = np.random.default_rng(seed)
        rate, hair = chance.uniform(0.3, 1.2, 8000), chance.uniform(0.0, 0.04, 8000)
        spread = np.sqrt(rate)
        said = [rate, rate, hair / 5, hair, (rate - 0.3).clip(0.05), rate + 1.3 * spread, rate + 2 * spread]
        return torch.tensor(np.stack(said, axis=1)).float(), torch.from_numpy(chance.poisson(rate)).float()

    calibration = Calibration.of({0: days(0), 1: days(0)}, whole)
    said, y = days(1)
    said[:, 1 + OUTPUTS.index("lo-80")] += 0.02  # new days are said a little otherwise
    units = calibration.apply(said[:, 1:] / said[:, :1], said[:, 0], distance=0)
    low, high = units[:, OUTPUTS.index("lo-80")], units[:, OUTPUTS.index("hi-80")]
    held = float(((low <= y) & (y <= high)).float().mean())
    assert held > 0.78 if whole else held < 0.7, held


def test_about_halfway_between_two_counts_no_last_bit_is_worth_a_unit() -> None:
    fractions = np.linspace(0, 3, 3001)
    medians = np.array([median_of(fraction, 0.0) for fraction in fractions])
    assert (np.diff(medians) >= 0).all()
    assert np.diff(medians).max() < 0.011, "ten times the change at the most"


@pytest.mark.parametrize("of_a_unit", [1.0, 0.25])
def test_medians_are_whole_where_sales_are(of_a_unit: float) -> None:
    panel = replace(shop(), sales=shop().sales * np.float32(of_a_unit))
    table = Forecaster("catalog", device="cpu", **QUICK).fit(panel, test_days=10).predict()
    within = (table["lo-80"] + 0.6 < table["median"]) & (table["median"] < table["hi-80"] - 0.6)
    share = (table["median"] % 1 == 0)[within].mean()
    assert share > 0.4 if of_a_unit == 1.0 else share < 0.2  # one of the few products may stand between two counts


def test_the_next_day_is_the_same_from_one_origin_as_from_a_rolling_one(fitted: Forecaster) -> None:
    model, panel = fitted._model, shop()
    assert isinstance(model, CatalogModel)
    one, rolling = model.ahead(panel, 1), model.next_days(panel, 1)
    for name in OUTPUTS:
        np.testing.assert_array_equal(one[name], rolling[name])


def test_a_window_of_three_days_works() -> None:
    table = Forecaster("catalog", device="cpu", **(QUICK | {"seq_len": 3})).fit(shop(), 10).predict(horizon=5)
    assert np.isfinite(table[COLUMNS]).all(axis=None)


def test_a_product_that_has_never_sold_gets_a_forecast() -> None:
    panel = shop()
    panel.sales[1] = 0
    panel.status[1] = 0
    table = Forecaster("catalog", device="cpu", **QUICK).fit(panel, 10).predict(horizon=3)
    assert np.isfinite(table[COLUMNS]).all(axis=None)
    assert not table.set_index("unique_id").loc["p1", "on_sale"].any()


def test_products_that_all_begin_too_late_are_an_error_of_ours() -> None:
    panel = shop()
    panel.sales[:, :-10], panel.status[:, :-10] = 0, 0
    with pytest.raises(HistoryError, match="No product is on sale"):
        Forecaster("catalog", device="cpu", **QUICK).fit(panel, 10)


def test_new_products_and_stores_are_forecast_without_training(fitted: Forecaster, tmp_path: Path) -> None:
    fitted.save(tmp_path)
    forecaster, old = Forecaster.load(tmp_path, device="cpu"), shop()
    forecaster._model.network.product_embedding.weight.data.normal_()  # type: ignore[union-attr]
    weights = forecaster._model.to_tensors()  # type: ignore[union-attr]
    names = ["a-new", *old.products.tolist(), "z-new"]
    new = np.random.default_rng(9).poisson([[5], [30]], (2, 100))
    stores = np.array(["A", *old.attributes["store"].tolist(), "C"])
    sales = np.vstack([new[:1], old.sales, new[1:]])
    forecaster.extend(Panel.of(sales, old.dates, names, attributes={"store": stores}))
    after = forecaster._model.to_tensors()  # type: ignore[union-attr]
    assert torch.equal(after["network.lstm.weight_hh_l0"], weights["network.lstm.weight_hh_l0"])
    embeddings = after["network.product_embedding.weight"]
    assert torch.equal(embeddings[1:5], weights["network.product_embedding.weight"])
    assert not embeddings[[0, 5]].any()
    means = forecaster.predict(horizon=7).groupby("unique_id")["mean"].mean()
    assert means["z-new"] > 2 * means["a-new"] > 0
    assert forecaster.extend(old, drop=True).products.tolist() == old.products.tolist()


@pytest.mark.parametrize(("days", "learnt"), [(549, False), (550, True)])
def test_a_product_has_numbers_of_its_own_where_seasons_are_known(days: int, learnt: bool) -> None:
    recipe, panel = CatalogRecipe(**QUICK), shop(days=days)  # type: ignore[arg-type]
    split = split_days(days, recipe, 0).without_validation()
    model, _ = CatalogModel.fit(panel, recipe, split, torch.device("cpu"))
    assert bool(model.network.product_embedding.weight.all()) == learnt
    assert bool(model.network.product_embedding.weight.any()) == learnt
    assert model.network.group_embedding.weight[1:].all()


def test_a_catalog_model_is_not_trained_on_and_keeps_its_key_columns(fitted: Forecaster) -> None:
    with pytest.raises(RecipeError, match="without training"):
        fitted.extend(shop(), epochs=2)
    with pytest.raises(SalesError, match="attributes"):
        fitted.extend(replace(shop(), attributes={}))


def test_a_saved_model_forecasts_and_scores_the_same_bits(fitted: Forecaster, tmp_path: Path) -> None:
    version = fitted.save(tmp_path)
    loaded = Forecaster.load(tmp_path, device="cpu")
    pd.testing.assert_frame_equal(loaded.predict(), fitted.predict(), check_exact=True)
    assert loaded.run == fitted.run
    assert loaded.result is not None
    assert "seasonal_naive" in loaded.result.scores()["model"].tolist()
    page = (version / "report.html").read_text(encoding="utf-8")
    assert "average over the steps" in page
    assert "epochs chosen before" not in page


def test_newer_sales_move_the_days_ahead_on(fitted: Forecaster) -> None:
    longer = shop(days=105)
    longer.sales[:, :100] = shop().sales
    whole, newer = fitted.predict(longer), fitted.predict(longer.tail(5))
    assert whole["ds"].min() == pd.Timestamp("2024-04-15")
    pd.testing.assert_frame_equal(newer[["ds", "mean"]], whole[["ds", "mean"]], check_exact=True)


def test_it_is_scored_next_day_and_ahead_by_median_and_mean_with_its_intervals(
    fitted: Forecaster, tmp_path: Path
) -> None:
    assert fitted.result is not None
    assert fitted.ahead is not None
    version = fitted.save(tmp_path)
    loaded = Forecaster.load(tmp_path, device="cpu")
    for result, again in ((fitted.result, loaded.result), (fitted.ahead, loaded.ahead)):
        assert again is not None
        assert list(result.outputs) == COLUMNS[1:]
        assert result.scores()["mae_of"].tolist()[:2] == ["median", "mean"]
        pd.testing.assert_frame_equal(result.scores(), again.scores(), check_exact=True)
        pd.testing.assert_frame_equal(result.intervals(), again.intervals(), check_exact=True)
    table = pd.read_parquet(version / "forecasts.parquet")
    assert {"unique_id", "ds", "cutoff", "y", *COLUMNS} <= set(table.columns)
    assert (table["ds"] - table["cutoff"] == pd.Timedelta(days=1)).all()
    assert (fitted.ahead.cutoffs == fitted.result.dates[0] - DAY).all()
    # the first test day is forecast from the same origin on both tasks
    for name in COLUMNS[1:]:
        np.testing.assert_allclose(fitted.ahead.outputs[name][:, 0], fitted.result.outputs[name][:, 0], rtol=1e-4)
    stored = json.loads((version / "scores.json").read_text(encoding="utf-8"))
    for scores in (stored, stored["ahead"]):
        assert [row["interval"] for row in scores["intervals"]] == ["80 %", "95 %"]
        assert "seasonal_naive" in [row["model"] for row in scores["scores"]]


def test_the_scored_model_learnt_from_every_day_before_the_test_days_and_from_none_of_them(
    fitted: Forecaster,
) -> None:
    def first_said(days: slice) -> np.ndarray:
        panel = shop()
        panel.sales[:, days] *= 3
        result = Forecaster("catalog", device="cpu", **QUICK).backtest(panel, test_days=10)
        return result.forecasts["catalog"][:, 0]

    assert fitted.result is not None
    before = fitted.result.forecasts["catalog"][:, 0]
    np.testing.assert_array_equal(first_said(slice(90, 100)), before)
    assert not np.array_equal(first_said(slice(89, 90)), before)


def test_one_test_day_has_no_days_ahead_of_its_own() -> None:
    forecaster = Forecaster("catalog", device="cpu", **QUICK).fit(shop(), test_days=1)
    assert forecaster.result is not None
    assert forecaster.ahead is None


@pytest.mark.parametrize("days", [4, 9, 30])
def test_a_shop_of_a_few_days_is_trained_and_scored_and_its_intervals_stay_within_reason(days: int) -> None:
    panel = shop(days=days)
    forecaster = Forecaster("catalog", device="cpu", **(QUICK | {"steps": 30})).fit(panel)
    assert forecaster.result is not None
    assert len(forecaster.result.dates) == -(-days // 5)
    table = forecaster.predict()
    assert np.isfinite(table[COLUMNS]).all(axis=None)
    assert table["hi-95"].max() < 20 * panel.sales.max()


@pytest.mark.parametrize("days", [1, 2, 3])
def test_a_shop_of_fewer_days_is_an_error_that_says_so(days: int) -> None:
    with pytest.raises(HistoryError, match="too few"):
        Forecaster("catalog", device="cpu", **QUICK).fit(shop(days=days))


def test_it_is_the_default_recipe() -> None:
    assert Forecaster().recipe == CatalogRecipe()


@pytest.mark.parametrize("name", ["groups", "network.near_first.bias"])
def test_weights_that_do_not_fit_are_an_error_that_names_them(fitted: Forecaster, name: str) -> None:
    model = fitted._model
    assert isinstance(model, CatalogModel)
    tensors = model.to_tensors()
    tensors[name] = torch.zeros(3)
    with pytest.raises(ModelFolderError, match=name):
        CatalogModel.from_tensors(tensors, model.recipe, shop(), model.device)


def test_ctrl_c_keeps_the_average_so_far_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    steps, step_loss = [], catalog_training._step_loss

    def interrupted(*arguments):  # type: ignore[no-untyped-def]
        steps.append(1)
        if len(steps) == 6:
            signal.raise_signal(signal.SIGINT)
        return step_loss(*arguments)

    monkeypatch.setattr(catalog_training, "_step_loss", interrupted)
    forecaster = Forecaster("catalog", device="cpu", **QUICK).fit(shop(), test_days=10)
    assert forecaster.run is not None
    assert forecaster.run.interrupted
    assert forecaster.run.epochs == 5  # a point of the curves a step, with so few
    assert not forecaster.refitted
    assert len(forecaster.predict(horizon=2)) == 8


def test_training_that_diverges_is_an_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    step_loss = catalog_training._step_loss

    def diverged(*arguments):  # type: ignore[no-untyped-def]
        loss, error = step_loss(*arguments)
        return loss * float("nan"), error

    monkeypatch.setattr(catalog_training, "_step_loss", diverged)
    with pytest.raises(RecipeError, match="diverged in step 1"):
        Forecaster("catalog", device="cpu", **QUICK).fit(shop(), test_days=10)


def test_ctrl_c_at_once_leaves_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog_training, "_step_loss", lambda *arguments: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        Forecaster("catalog", device="cpu", **QUICK).fit(shop(), test_days=10)


def test_a_week_is_learned_in_seconds() -> None:
    """Three times as much on Saturdays and Sundays; a mean of days cannot know, seasonal naive is noisy."""
    rng, T = np.random.default_rng(0), 300
    dates = np.datetime64("2024-01-01") + np.arange(T)
    weekend = np.where((dates.astype(np.int64) + 3) % 7 >= 5, 3.0, 1.0)
    expected = rng.uniform(2, 20, (12, 1)) * weekend
    panel = Panel.of(rng.poisson(expected).astype(np.float32), dates, [f"p{i:02}" for i in range(12)])
    known = panel.until(dates[-29])
    recipe = CatalogRecipe(steps=90, seq_len=28, batch_size=16, hidden=16, filters=16, head=32)
    model, _ = CatalogModel.fit(known, recipe, split_days(T - 28, recipe, 0), torch.device("cpu"))
    error = np.abs(model.ahead(known, 28)["mean"] - expected[:, -28:]).mean()
    naive = np.abs(np.tile(known.sales[:, -7:], (1, 4)) - expected[:, -28:]).mean()
    assert error < 0.6 * naive


def test_the_losses_are_least_at_the_truth() -> None:
    rng = np.random.default_rng(1)
    y = torch.from_numpy(rng.poisson(3, 20_000)).float()
    means = torch.linspace(2, 4, 41)
    best = torch.stack([tweedie_loss(m.expand_as(y), y, power=1.2).mean() for m in means]).argmin()
    assert means[best] == pytest.approx(float(y.mean()), abs=0.05)
    y = torch.from_numpy(rng.uniform(0, 1, 20_000)).float()
    grid = torch.linspace(0, 1, 101)
    for level in (0.1, 0.9):
        loss = [pinball_loss(q.expand_as(y)[:, None], y, torch.tensor([level])).mean() for q in grid]
        assert grid[torch.stack(loss).argmin()] == pytest.approx(level, abs=0.02)


def test_train_and_forecast_as_a_user_runs_them(tmp_path: Path) -> None:
    sales, model, out = tmp_path / "shop.csv", tmp_path / "model", tmp_path / "ahead.csv"
    main(["sample", "--products", "5", "--days", "90", "--out", str(sales)])
    options = [
        "--recipe",
        "catalog",
        "--steps",
        "20",
        "--seq-len",
        "7",
        "--test-days",
        "14",
        "--device",
        "cpu",
    ]
    assert main(["train", str(sales), *options, "--out", str(model)]) == 0
    assert main(["forecast", str(model), "--horizon", "60", "--out", str(out)]) == 0
    table = pd.read_csv(out)
    assert len(table) == 5 * 60
    assert table["ds"].nunique() == 60
    assert main(["forecast", str(model), "--horizon", "91"]) == 2
