from __future__ import annotations

import signal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from shelfcast import Forecaster, Panel, ShelfcastError
from shelfcast.errors import HistoryError, ModelFolderError, NotFittedError, RecipeError, SalesError
from shelfcast.networks.classic import ClassicNetwork

QUICK = {"epochs": 3, "filters": 8, "hidden": 8}


def shop(products: int = 4, days: int = 70, seed: int = 0) -> Panel:
    rng = np.random.default_rng(seed)
    sales = rng.poisson(rng.uniform(1, 20, (products, 1)), (products, days)).astype(np.float32)
    dates = np.datetime64("2024-01-01") + np.arange(days)
    stores = np.array(["A", "B"] * products)[:products]
    return Panel.of(sales, dates, [f"p{i}" for i in range(products)], attributes={"store": stores})


def rows(panel: Panel) -> pd.DataFrame:
    N, T = panel.sales.shape
    return pd.DataFrame(
        {
            "unique_id": np.repeat(panel.products, T),
            "ds": np.tile(panel.dates.astype("datetime64[s]"), N),
            "y": panel.sales.ravel(),
        }
    )


@pytest.fixture(scope="module")
def fitted() -> Forecaster:
    return Forecaster("classic", device="cpu", **QUICK).fit(shop(), test_days=10)


def test_predict_is_tomorrow_dated_one_row_a_product(fitted: Forecaster) -> None:
    table = fitted.predict()
    assert table.columns.tolist() == ["unique_id", "store", "ds", "cutoff", "mean", "on_sale", "status", "cold_start"]
    assert table["unique_id"].tolist() == shop().products.tolist()
    assert (table["cutoff"] == pd.Timestamp("2024-03-10")).all()
    assert (table["ds"] == pd.Timestamp("2024-03-11")).all()
    assert np.isfinite(table["mean"]).all()
    assert (table["mean"] >= 0).all()
    assert table["on_sale"].all()


@pytest.mark.parametrize("products", [1, 7])
def test_tomorrow_is_one_forward_pass_for_any_number_of_products(
    products: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    forecaster = Forecaster("classic", device="cpu", **QUICK).fit(shop(products), test_days=10)
    calls = []
    forward = ClassicNetwork.forward
    monkeypatch.setattr(ClassicNetwork, "forward", lambda self, x: calls.append(x.shape) or forward(self, x))
    forecaster.predict()
    assert calls == [(1, 3, products * 3 + 3)]


def test_the_test_days_are_scored_beside_seasonal_naive(fitted: Forecaster) -> None:
    assert fitted.result is not None
    assert fitted.result.y.shape == (4, 10)
    assert "seasonal_naive" in fitted.result.scores()["model"].tolist()


def test_backtest_changes_nothing_in_the_forecaster() -> None:
    forecaster = Forecaster("classic", device="cpu", **QUICK)
    result = forecaster.backtest(shop(), test_days=7)
    assert len(result.dates) == 7
    with pytest.raises(NotFittedError):
        forecaster.predict()


def test_the_scored_model_never_saw_the_test_days_and_the_forecasting_one_did(fitted: Forecaster) -> None:
    changed = shop()
    changed.sales[:, -10:] += 50
    again = Forecaster("classic", device="cpu", **QUICK).fit(changed, test_days=10)
    assert fitted.result is not None
    assert again.result is not None
    first = [r.forecasts["classic"][:, 0] for r in (fitted.result, again.result)]
    assert np.array_equal(*first)
    assert not np.array_equal(fitted.predict()["mean"], again.predict()["mean"])


def test_a_saved_model_forecasts_and_scores_the_same_bits(fitted: Forecaster, tmp_path: Path) -> None:
    version = fitted.save(tmp_path)
    loaded = Forecaster.load(tmp_path, device="cpu")
    pd.testing.assert_frame_equal(loaded.predict(), fitted.predict(), check_exact=True)
    assert loaded.result is not None
    assert fitted.result is not None
    pd.testing.assert_frame_equal(loaded.result.scores(), fitted.result.scores(), check_exact=True)
    assert loaded.run == fitted.run
    expected = {"weights.safetensors", "recipe.json", "products.json", "sales.safetensors", "scores.json"}
    expected |= {"per_product.csv", "forecasts.parquet", "report.html", "loss_curves.png", "manifest.json"}
    assert expected <= {path.name for path in version.iterdir()}
    loaded.save(tmp_path)  # what was loaded can be saved again
    pd.testing.assert_frame_equal(Forecaster.load(tmp_path).predict(), fitted.predict(), check_exact=True)


def test_the_stored_forecasts_hold_the_contracts_columns_and_every_product_and_day(
    fitted: Forecaster, tmp_path: Path
) -> None:
    table = pd.read_parquet(fitted.save(tmp_path) / "forecasts.parquet")
    assert {"unique_id", "ds", "cutoff", "y", "mean", "on_sale"} <= set(table.columns)
    assert len(table) == 4 * 10
    assert (table["ds"] - table["cutoff"] == pd.Timedelta(days=1)).all()


def test_weights_of_another_shape_are_refused(fitted: Forecaster, tmp_path: Path) -> None:
    from shelfcast.models.classic import ClassicModel

    model, _ = fitted._fitted()
    tensors = model.to_tensors()
    tensors["network.dense.bias"] = torch.zeros(3)
    with pytest.raises(ModelFolderError, match=r"dense\.bias"):
        ClassicModel.from_tensors(tensors, fitted.recipe, model.products, fitted.device)


def test_newer_sales_move_tomorrow_on(fitted: Forecaster) -> None:
    longer = shop(days=75)
    longer.sales[:, :70] = shop().sales
    whole = fitted.predict(longer)
    assert (whole["ds"] == pd.Timestamp("2024-03-16")).all()
    only_new = rows(longer)
    only_new = only_new[only_new["ds"] >= "2024-03-11"]
    pd.testing.assert_frame_equal(fitted.predict(only_new)[["ds", "mean"]], whole[["ds", "mean"]], check_exact=True)


def test_one_newer_day_is_enough(fitted: Forecaster) -> None:
    longer = rows(shop(days=71))
    table = fitted.predict(longer[longer["ds"] == "2024-03-11"])
    assert (table["ds"] == pd.Timestamp("2024-03-12")).all()


def test_a_gap_before_the_newer_sales_is_an_error_that_names_the_day(fitted: Forecaster) -> None:
    longer = rows(shop(days=80))
    with pytest.raises(HistoryError, match="2024-03-11"):
        fitted.predict(longer[longer["ds"] >= "2024-03-13"])


def test_sales_that_end_before_the_models_are_an_error(fitted: Forecaster) -> None:
    with pytest.raises(HistoryError, match="2024-03-10"):
        fitted.predict(rows(shop(days=60)))


def test_unknown_products_in_newer_sales_are_an_error_that_names_them(fitted: Forecaster) -> None:
    with pytest.raises(SalesError, match="'p4'"):
        fitted.predict(rows(shop(products=5, days=75)))


def extended_shop() -> Panel:
    old, rng = shop(), np.random.default_rng(9)
    names = ["a-new", *old.products.tolist(), "z-new"]
    sales = np.vstack([rng.poisson(5, (1, 70)), old.sales, rng.poisson(300, (1, 70))])
    return Panel.of(sales, old.dates, names, attributes={"store": np.array(["A"] * 6)})


def fresh() -> Forecaster:
    return Forecaster("classic", device="cpu", **QUICK).fit(shop(), test_days=10)


def test_new_products_leave_the_old_forecasts_as_they_are_until_training_goes_on() -> None:
    forecaster = fresh()
    before = forecaster.predict().set_index("unique_id")["mean"]
    after = forecaster.extend(extended_shop(), epochs=0).predict().set_index("unique_id")["mean"]
    assert len(after) == 6
    np.testing.assert_allclose(after[before.index], before, rtol=1e-6)


def test_inputs_of_new_products_that_do_not_start_at_zero_would_move_the_old_forecasts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    forecaster = fresh()
    before = forecaster.predict().set_index("unique_id")["mean"]
    monkeypatch.setattr(torch.Tensor, "zero_", lambda self: self)
    after = forecaster.extend(extended_shop(), epochs=0).predict().set_index("unique_id")["mean"]
    assert not np.allclose(after[before.index], before, rtol=1e-6)


def test_training_goes_on_from_the_carried_weights() -> None:
    forecaster = fresh().extend(extended_shop(), epochs=0)
    untrained = forecaster.predict()["mean"]
    trained = fresh().extend(extended_shop(), epochs=2).predict()["mean"]
    assert not np.allclose(untrained, trained)


def test_products_that_left_are_dropped_only_on_request() -> None:
    fewer = shop().select(["p0", "p2", "p3"])
    with pytest.raises(SalesError, match="'p1'"):
        fresh().extend(fewer)
    assert fresh().extend(fewer, drop=True, epochs=1).predict()["unique_id"].tolist() == ["p0", "p2", "p3"]


def test_ctrl_c_keeps_the_best_epoch_so_far_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from shelfcast import training

    epochs = []
    train_epoch = training._train_epoch

    def interrupted(*arguments):  # type: ignore[no-untyped-def]
        epochs.append(1)
        if len(epochs) == 3:
            signal.raise_signal(signal.SIGINT)
        return train_epoch(*arguments)

    monkeypatch.setattr(training, "_train_epoch", interrupted)
    forecaster = Forecaster("classic", device="cpu", **{**QUICK, "epochs": 50}).fit(shop(), test_days=10)
    assert forecaster.run is not None
    assert forecaster.run.interrupted
    assert forecaster.run.epochs == 2
    assert not forecaster.refitted
    assert len(forecaster.predict()) == 4


def test_ctrl_c_before_the_first_epoch_leaves_nothing_to_keep(monkeypatch: pytest.MonkeyPatch) -> None:
    from shelfcast import training

    monkeypatch.setattr(training, "_train_epoch", lambda *arguments: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        Forecaster("classic", device="cpu", **QUICK).fit(shop(), test_days=10)


def test_training_that_diverges_is_an_error_and_no_model() -> None:
    with pytest.raises(RecipeError, match="diverged"):
        Forecaster("classic", device="cpu", **QUICK, learning_rate=1e30).fit(shop(), test_days=10)


def test_the_classic_network_learns_that_two_products_sell_together() -> None:
    """Yesterday's surge of `a` is today's surge of `b`: nothing but a's lags can tell."""
    rng = np.random.default_rng(0)
    a = rng.choice([2.0, 40.0], 400)
    b = np.concatenate([[2.0], a[:-1]])
    sales = np.stack([a, b, rng.poisson(10, 400)]).astype(np.float32)
    panel = Panel.of(sales, np.datetime64("2023-01-01") + np.arange(400), ["a", "b", "c"])
    result = Forecaster("classic", device="cpu", epochs=60).backtest(panel, test_days=28)
    error = np.abs(result.forecasts["classic"] - result.y).mean(axis=1)
    assert error[1] < 4
    assert error[0] > 15  # a coin: nobody can know it


@pytest.mark.parametrize(
    "problem", [lambda: Forecaster("other"), lambda: Forecaster(device="abacus"), lambda: Forecaster(sed=1)]
)
def test_what_cannot_be_had_is_an_error_of_ours(problem) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(RecipeError):
        problem()


def test_a_folder_that_is_no_model_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(ShelfcastError, match="no model folder"):
        Forecaster.load(tmp_path)
