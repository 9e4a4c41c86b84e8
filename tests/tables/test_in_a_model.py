"""Tables on their way through a model: trained with, kept, and asked for on the days ahead."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from shelfcast import Forecaster
from shelfcast.cli import main
from shelfcast.errors import SalesError

QUICK = {"seq_len": 20, "filters": 6, "hidden": 6, "head": 8, "steps": 10, "batch_size": 4}


def table(first: str, days: int, items: str = "abcd", **columns: object) -> pd.DataFrame:
    dates = pd.DataFrame({"date": pd.date_range(first, periods=days)})
    return dates.merge(pd.DataFrame({"item": list(items), **columns}), how="cross")


def sales(days: int = 90) -> pd.DataFrame:
    rows = table("2024-01-01", days)
    return rows.assign(quantity=np.random.default_rng(0).poisson(20, len(rows)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop's files, and a model `shop` that was trained with them, `classic` without most of them."""
    path = tmp_path_factory.mktemp("tables")
    rows = sales()
    rows.to_csv(path / "sales.csv", index=False)
    table("2024-01-01", 90, price=2.5).to_csv(path / "prices.csv", index=False)
    table("2024-03-31", 10, price=2.0).to_csv(path / "next.csv", index=False)
    rows[rows.item == "b"].assign(on_promotion=lambda b: b.index % 9 == 1).to_csv(path / "promo.csv", index=False)
    pd.DataFrame({"item": list("abcdn"), "category": list("xxyyy")}).to_csv(path / "products.csv", index=False)
    rows.assign(sold_out=rows.index % 50 == 7).to_csv(path / "stock.csv", index=False)
    pd.DataFrame({"date": ["2024-02-14"], "event": ["fair"]}).to_csv(path / "events.csv", index=False)
    forecaster = Forecaster("catalog", device="cpu", **QUICK).fit(
        path / "sales.csv",
        10,
        prices=path / "prices.csv",
        promotions=path / "promo.csv",
        products=path / "products.csv",
        events=path / "events.csv",
        stock=path / "stock.csv",
        holidays=["DE"],
    )
    forecaster.save(path / "shop")
    return path


def test_the_report_says_what_was_taken(folder: Path) -> None:
    reading = Forecaster.load(folder / "shop", device="cpu").reading
    assert reading is not None
    said = "\n".join(reading.lines())
    for words in (
        "Products: 'category'",
        "Prices: column 'price'",
        "Promotions: 'on_promotion'",
        "Events: 1",
        "Holidays:",
    ):
        assert words in said
    assert "product-days sold out" in said


def test_a_price_that_is_missing_ahead_is_an_error_that_names_product_and_day(folder: Path) -> None:
    forecaster = Forecaster.load(folder / "shop", device="cpu")
    with pytest.raises(SalesError, match="price of 'a' on 2024-03-31 is not known: the prices end on 2024-03-30"):
        forecaster.predict(horizon=5, fill_promotions="none")
    with pytest.raises(SalesError, match="'on_promotion' of 'a' on 2024-03-31 is not known"):
        forecaster.predict(horizon=5, fill_prices="last")
    with pytest.raises(SalesError, match="price of 'a' on 2024-04-10"):
        forecaster.predict(horizon=11, prices=folder / "next.csv", fill_promotions="none")


def test_it_is_filled_by_the_rule_that_was_chosen_and_said_aloud(folder: Path) -> None:
    forecaster = Forecaster.load(folder / "shop", device="cpu")
    filled = forecaster.predict(horizon=5, fill_prices="last", fill_promotions="none")
    assert any("carried on to 2024-04-04" in line for line in forecaster.said)
    assert any("none is taken for planned up to 2024-04-04" in line for line in forecaster.said)
    same = table("2024-03-31", 5, price=2.5)
    given = forecaster.predict(horizon=5, prices=same, fill_promotions="none")
    pd.testing.assert_frame_equal(filled, given)
    assert not any("carried" in line for line in forecaster.said)
    other = forecaster.predict(horizon=5, prices=folder / "next.csv", fill_promotions="none")
    assert not np.allclose(other["mean"], filled["mean"])


def test_a_rule_chosen_in_training_holds_for_the_forecasts(folder: Path, tmp_path: Path) -> None:
    forecaster = Forecaster("catalog", device="cpu", **QUICK).fit(
        folder / "sales.csv", 10, prices=folder / "prices.csv", fill_prices="last", holidays="DE"
    )
    forecaster.save(tmp_path)
    loaded = Forecaster.load(tmp_path, device="cpu")
    pd.testing.assert_frame_equal(loaded.predict(horizon=40), forecaster.predict(horizon=40), check_exact=True)
    assert any("carried on" in line for line in loaded.said)


def test_newer_sales_and_tables_move_on(folder: Path) -> None:
    forecaster = Forecaster.load(folder / "shop", device="cpu")
    newer = sales(95)
    sold_out = newer[(newer.item == "a") & (newer.date > "2024-03-30")].assign(sold_out=1)
    moved = forecaster.predict(
        newer[newer.date > "2024-03-30"],
        horizon=3,
        prices=folder / "next.csv",
        stock=sold_out,
        fill_promotions="none",
    )
    assert moved["ds"].min() == pd.Timestamp("2024-04-05")
    assert moved["mean"].between(5, 60).all()
    assert moved["cold_start"].tolist() == [False] * 12 + [True] * 3  # n has never been on sale


def test_new_products_are_forecast_without_training(folder: Path) -> None:
    forecaster = Forecaster.load(folder / "shop", device="cpu")
    new = pd.DataFrame({"item": ["a", "m"], "category": ["z", "x"], "weight": [1, 2]})
    newer = sales(95)
    newer = newer[newer.date > "2024-03-30"]
    young = newer[(newer.item == "a") & (newer.date > "2024-04-01")].assign(item="k")
    table = forecaster.predict(
        pd.concat([newer, young]), horizon=2, products=new, fill_prices="last", fill_promotions="none"
    ).set_index("unique_id")
    assert table.index.unique().tolist() == ["a", "b", "c", "d", "k", "m", "n"]
    assert table["mean"].between(5, 60).all()
    assert table.loc["a", "category"].tolist() == ["x", "x"]  # what the model knows of it stays
    assert table.loc["m", "category"].tolist() == ["x", "x"]
    assert table.groupby("unique_id")["cold_start"].first().tolist() == [False] * 4 + [True] * 3
    assert table.loc["k", "on_sale"].all()
    assert not table.loc["m", "on_sale"].any()


def test_the_commands_take_the_same(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = [f"--{name}={folder / file}" for name, file in (("prices", "prices.csv"), ("products", "products.csv"))]
    options += ["--events", str(folder / "events.csv"), "--stock", str(folder / "stock.csv"), "--holidays", "US-CA"]
    model = str(tmp_path / "model")
    train = [
        "train",
        str(folder / "sales.csv"),
        "--out",
        model,
        "--recipe",
        "catalog",
        "--steps",
        "10",
        "--test-days",
        "10",
    ]
    assert main([*train, *options, "--seq-len", "20"]) == 0
    assert "Prices: column 'price'" in capsys.readouterr().out
    assert main(["forecast", model, "--horizon", "3"]) == 2
    assert "price of 'a' on 2024-03-31" in capsys.readouterr().err
    out = tmp_path / "ahead.csv"
    assert main(["forecast", model, "--horizon", "3", "--fill-prices", "last", "--out", str(out)]) == 0
    assert "carried on to 2024-04-02" in capsys.readouterr().out
    assert main(["forecast", model, "--horizon", "3", "--prices", str(folder / "next.csv")]) == 0
    assert {"status", "cold_start"} <= set(pd.read_csv(out).columns)


def test_orders_are_of_the_plan_that_is_given(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pd.DataFrame({"unique_id": list("abcd"), "on_hand": 0, "review_period": 5}).to_csv(
        folder / "shelf.csv", index=False
    )
    order = ["order", str(folder / "shop"), "--stock", str(folder / "shelf.csv")]
    assert main(order) == 2
    assert "--prices" in capsys.readouterr().err
    plans = ["--prices", str(folder / "next.csv"), "--fill-promotions", "none"]
    assert main([*order, *plans, "--out", str(folder / "orders.csv")]) == 0
    ahead = Forecaster.load(folder / "shop", device="cpu").predict(
        horizon=6, prices=folder / "next.csv", fill_promotions="none"
    )
    demand = pd.read_csv(folder / "orders.csv").set_index("unique_id")["demand"]
    told = ahead.groupby("unique_id")["mean"].sum()
    np.testing.assert_allclose(demand, told[demand.index], rtol=0.5)
    assert "Prices: column 'price'" in capsys.readouterr().out


def test_classic_leaves_covariates_says_so_and_heeds_the_stock(folder: Path) -> None:
    forecaster = Forecaster("classic", device="cpu", epochs=2, filters=4, hidden=4).fit(
        folder / "sales.csv", 10, prices=folder / "prices.csv", stock=folder / "stock.csv", holidays="DE"
    )
    assert forecaster.reading is not None
    assert any("classic knows no prices" in line for line in forecaster.reading.lines())
    assert forecaster.result is not None
    assert not forecaster.result.observed.all()
    assert len(forecaster.predict()) == 4
