import numpy as np
import pytest

from shelfcast.evaluation import verdict
from shelfcast.evaluation.verdict import DemandClass, Reason, Verdict, compare, describe, summary
from shelfcast.panel import Status


def on_sale(sales: np.ndarray) -> np.ndarray:
    return np.full(sales.shape, Status.ON_SALE, dtype=np.uint8)


def steady(N: int = 1, T: int = 200, rate: float = 20, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).poisson(rate, (N, T)).astype(np.float32)


def reason_of(sales: np.ndarray, status: np.ndarray | None = None) -> str:
    reason = describe(sales, on_sale(sales) if status is None else status).reason
    assert len(reason) == 1
    return str(reason[0])


def test_the_best_baseline_is_chosen_a_product_at_a_time() -> None:
    found = compare(
        np.array([1.0, 3.0, 2.0, np.nan]),
        {"a": np.array([4.0, 2.0, 2.0, np.nan]), "b": np.array([2.0, 4.0, 2.0, np.nan])},
    )
    assert found.best_baseline.tolist() == ["b", "a", "a", ""]
    assert found.verdict.tolist() == ["better", "not better", "not better", "not scored"]
    np.testing.assert_allclose(found.gain, [0.5, -0.5, 0, np.nan])
    np.testing.assert_allclose(found.best_mae, [2, 2, 2, np.nan])


def test_the_gain_over_a_perfect_baseline_is_a_number() -> None:
    found = compare(np.array([0.0, 0.25]), {"a": np.array([0.0, 0.0])})
    assert found.gain.tolist() == [0, -0.25]
    assert found.verdict.tolist() == [Verdict.NOT_BETTER, Verdict.NOT_BETTER]


def slow_class(sales: list[float], observed: list[bool]) -> str:
    """Syntetos and Boylan's classes of one product, in plain Python."""
    days = [units for units, seen in zip(sales, observed, strict=True) if seen]
    sold = [units for units in days if units > 0]
    if len(days) < 56:
        return "too short"
    mean = sum(sold) / len(sold) if sold else 0
    cv2 = sum((units - mean) ** 2 for units in sold) / len(sold) / mean**2 if sold else 0
    adi = len(days) / len(sold) if sold else float("inf")
    return {
        (False, False): "smooth",
        (False, True): "erratic",
        (True, False): "intermittent",
        (True, True): "lumpy",
    }[adi >= 1.32, cv2 >= 0.49]


def test_classes_and_mean_sales_equal_their_slow_twin_across_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    N, T = 120, 90
    sales = rng.poisson(rng.gamma(rng.choice([0.3, 1, 20], (N, 1)), 2, (N, T))).astype(np.float32)
    sales[0] = 0
    status = rng.choice([Status.ON_SALE, Status.SOLD_OUT], (N, T), p=[0.9, 0.1]).astype(np.uint8)
    status[::9, :40] = Status.NOT_ON_SALE
    monkeypatch.setattr(verdict, "_BLOCK", 7)
    found = describe(sales, status)
    observed = status == Status.ON_SALE
    assert found.demand_class.tolist() == [
        slow_class(s, o) for s, o in zip(sales.tolist(), observed.tolist(), strict=True)
    ]
    assert set(found.demand_class) == set(DemandClass)
    np.testing.assert_allclose(found.mean_sales, [s[o].mean() for s, o in zip(sales, observed, strict=True)])


def test_a_product_that_never_sold_is_intermittent_and_has_numbers() -> None:
    found = describe(np.zeros((1, 100), dtype=np.float32), on_sale(np.zeros((1, 100))))
    assert (found.demand_class[0], found.reason[0], found.mean_sales[0]) == (
        "intermittent",
        "intermittent",
        0,
    )


def test_a_steady_product_has_no_clear_reason() -> None:
    assert reason_of(steady()) == Reason.UNCLEAR


def test_fewer_than_eight_weeks_on_sale_are_too_short() -> None:
    sales = steady()
    status = on_sale(sales)
    status[:, :-56] = Status.NOT_ON_SALE
    assert reason_of(sales, status) == Reason.UNCLEAR
    status[:, -56] = Status.NOT_ON_SALE
    assert reason_of(sales, status) == Reason.TOO_SHORT


def test_a_rare_product_is_intermittent() -> None:
    assert reason_of(steady(rate=0.3)) == Reason.INTERMITTENT


def test_days_known_to_be_sold_out_are_a_reason_unless_they_are_few_or_long_ago() -> None:
    sales = steady()
    for sold_out_days, expected in (
        (slice(-4, None), Reason.SOLD_OUT),
        (slice(-3, None), Reason.UNCLEAR),
        (slice(0, -84), Reason.UNCLEAR),
    ):
        status = on_sale(sales)
        status[:, sold_out_days] = Status.SOLD_OUT
        assert reason_of(sales, status) == expected


def test_a_run_of_zeros_that_is_too_long_for_how_it_sells_is_suspected() -> None:
    sales = steady(rate=1.5)
    sales[:, -40:-22] = 0
    assert reason_of(sales) == Reason.SOLD_OUT_SUSPECTED


def test_a_closed_day_does_not_break_a_run_and_is_no_part_of_it() -> None:
    sales = steady(rate=20)
    status = on_sale(sales)
    sales[:, -10:-7] = 0
    assert reason_of(sales, status) == Reason.SOLD_OUT_SUSPECTED
    status[:, -9] = Status.CLOSED  # two zeros are left, on either side
    assert reason_of(sales, status) == Reason.UNCLEAR
    sales[:, -11] = 0  # three again
    assert reason_of(sales, status) == Reason.SOLD_OUT_SUSPECTED


def share_suspected(sales: np.ndarray) -> float:
    return float((describe(sales, on_sale(sales)).reason == Reason.SOLD_OUT_SUSPECTED).mean())


def test_zeros_that_chance_makes_are_hardly_ever_suspected() -> None:
    rng = np.random.default_rng(5)
    for rate in (0.1, 1, 3):
        assert share_suspected(steady(N=2000, T=84, rate=rate)) <= verdict.CHANCE_OF_RUN
    clumpy = rng.poisson(rng.gamma(0.3, 10, (2000, 84))).astype(np.float32)
    assert share_suspected(clumpy) <= 0.01


def test_poisson_alone_would_suspect_most_of_what_sells_in_clumps() -> None:
    """So the test above can fail: the same sales, judged by their rate only."""
    suspected = []
    for row in np.random.default_rng(5).poisson(np.random.default_rng(5).gamma(0.3, 10, (200, 84))):
        longest = max(len(run) for run in "".join("0" if units == 0 else "1" for units in row).split("1"))
        suspected.append(84 * np.exp(-row.mean() * longest) < verdict.CHANCE_OF_RUN)
    assert np.mean(suspected) > 0.5


@pytest.mark.parametrize("factor", [0.5, 1.6])
def test_a_lasting_change_of_level_is_a_level_shift(factor: float) -> None:
    sales = steady()
    sales[:, -28:] = np.round(sales[:, -28:] * factor)
    assert reason_of(sales) == Reason.LEVEL_SHIFT


def test_one_wild_day_a_weekly_season_or_a_slight_change_is_no_level_shift() -> None:
    wild = steady()
    wild[:, -5] = 5000
    assert reason_of(wild) == Reason.UNCLEAR
    weekly = steady() * (1 + 2 * (np.arange(200) % 7 == 0)).astype(np.float32)
    assert reason_of(weekly) == Reason.UNCLEAR
    slight = np.full((1, 200), 100, dtype=np.float32)
    slight[:, -28:] = 110
    assert reason_of(slight) == Reason.UNCLEAR


def test_weeks_without_an_observed_day_show_no_level_shift() -> None:
    sales = steady()
    status = on_sale(sales)
    status[:, -84:-28] = Status.CLOSED
    assert reason_of(sales, status) == Reason.UNCLEAR


def test_without_a_shift_few_products_are_said_to_have_one() -> None:
    sales = steady(N=2000, T=84, rate=2)
    assert (describe(sales, on_sale(sales)).reason == Reason.LEVEL_SHIFT).mean() < 2 / 495 + 0.005


def test_a_short_history_is_described_without_failing() -> None:
    for T in (1, 7, 60):
        found = describe(steady(N=3, T=T), on_sale(np.zeros((3, T))))
        assert len(found.reason) == 3


def test_every_reason_has_a_remedy() -> None:
    assert set(verdict.REMEDIES) == set(Reason)


JUDGED = np.array(["better", "better", "not better", "not scored"])


def test_the_summary_says_by_how_much_the_model_wins() -> None:
    assert summary("classic", {"classic": 3.8, "naive": 6.25, "mean_28": 5.27}, JUDGED[:3]) == (
        "classic beats the best simple baseline on 2 of 3 products;"
        " over the shop its MAE is 3.800 against 5.270 of mean_28 (the best simple one)."
    )


def test_the_summary_says_plainly_that_the_model_loses() -> None:
    assert summary("classic", {"classic": 3.0, "naive": 6.25, "mean_28": 2.5}, JUDGED) == (
        "classic does not beat mean_28: over the shop its MAE is 3.000 against 2.500 of mean_28"
        " (the best simple one); it beats the best simple baseline on 2 of 3 products."
        " Not scored, for want of a test day on sale and in stock: 1."
    )
    lost_to_both = summary("classic", {"classic": 3.0, "mean_7": 2.0, "mean_28": 2.5}, JUDGED)
    assert lost_to_both.startswith("classic does not beat mean_7, nor mean_28: over the shop")
    lost_to_one = summary("classic", {"classic": 3.0, "mean_7": 2.0, "mean_28": 3.5}, JUDGED)
    assert lost_to_one.startswith("classic does not beat mean_7: over the shop")


def test_a_draw_is_no_win() -> None:
    assert "does not beat" in summary("classic", {"classic": 3.0, "naive": 4.0, "mean_28": 3.0}, JUDGED)
