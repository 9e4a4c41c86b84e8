import numpy as np

from shelfcast.evaluation.backtest import Backtest
from shelfcast.panel import DAY
from shelfcast.report.formats import percent
from shelfcast.report.series import Series
from shelfcast.report.tables import key_figures, product_groups, score_rows, underserved


def test_a_forecast_far_too_low_does_not_have_the_best_bias(report):
    panel, days = report.shop.recent, report.shop.result.y.shape[1]
    nothing = np.zeros((len(panel.products), days), np.float32)
    model, *baselines = score_rows(Backtest.of(panel, "classic", nothing))
    text, best = model.cells[-1]
    assert text.startswith("−")
    assert not best
    assert any(row.cells[-1][1] for row in baselines)


def test_products_are_ranked_by_units_gained_a_day(report):
    table = report.shop.result.per_product()
    gained, lost, others = product_groups(table).values()
    gain = (table["best_baseline_mae"] - table["mae"]).to_numpy()
    assert [product.row for product in gained] == np.argsort(-gain)[:3].tolist()
    assert [product.row for product in lost] == np.argsort(gain)[:3].tolist()
    drawn = {product.row for product in [*gained, *lost]}
    assert [product.row for product in others] == [n for n in np.argsort(-table["mae"]) if n not in drawn][:3]


def test_few_products_are_all_drawn_once(report):
    table = report.of([f"p{n}" for n in range(9)]).result.per_product()
    ((_, products),) = product_groups(table).items()
    assert sorted(product.name for product in products) == table["unique_id"].tolist()


def test_the_underserved_are_those_not_better_with_reason_and_remedy(report):
    table = report.of([f"p{n:02}" for n in range(20)], error=8.0).result.per_product()
    products, more = underserved(table)
    assert more == 0
    assert {product.name for product in products} == set(table.loc[table["verdict"] == "not better", "unique_id"])
    for product in products:
        row = table.iloc[product.row]
        assert (product.name, product.reason, product.remedy) == (
            row["unique_id"],
            row["reason"],
            row["remedy"],
        )
        assert product.change == f"{percent(row['mae'] / row['best_baseline_mae'] - 1, 0)} more than"


def test_key_figures_say_which_way_the_error_goes(report):
    for error, word in ((0.5, "less error"), (500.0, "more error")):
        content = report.of(["a", "b", "c"], error=error)
        figure = key_figures(content.result, content.tomorrow, content.recent)[1]
        scores = content.result.scores()["mae"]
        assert figure.unit == word
        assert figure.value == percent(abs(scores[0] / scores[1:].min() - 1), 0)


def test_the_drawn_days_are_the_sales_and_forecasts_of_those_days(report):
    content = report.shop
    series = Series.of(content.recent, content.result, content.tomorrow)
    test_days = content.result.y.shape[1]
    assert series.sales.shape == series.forecast.shape == (40, 56 + test_days)
    assert series.dates[-1] == content.recent.last_day + DAY
    assert (series.sales[:, -test_days:] == content.result.y).all()
    assert (series.forecast[:, -test_days:] == content.result.forecasts["classic"]).all()
    assert np.isnan(series.forecast[:, :-test_days]).all()


def test_the_interval_is_drawn_on_the_test_days_of_a_product_and_not_of_the_shop(report):
    content = report.of(["a", "b"], intervals=True)
    series = Series.of(content.recent, content.result, content.tomorrow)
    test_days = content.result.y.shape[1]
    assert (series.low[:, -test_days:] == content.result.outputs["lo-80"]).all()
    assert (series.product(1).high[0, -test_days:] == content.result.outputs["hi-80"][1]).all()
    assert np.isnan(series.high[:, :-test_days]).all()
    assert np.isnan(series.shop().low).all()


def test_the_shop_is_the_sum_of_its_products(report):
    content = report.of([f"p{n}" for n in range(5)], never_scored=["p3"])
    series = Series.of(content.recent, content.result, content.tomorrow)
    shop = series.shop()
    assert np.allclose(shop.sales[0], content.recent.sales[:, -shop.sales.shape[1] :].sum(axis=0))
    assert np.allclose(shop.forecast[0, -20:], content.result.forecasts["classic"].sum(axis=0))
    assert np.isclose(shop.tomorrow[0], content.tomorrow["mean"].sum())
