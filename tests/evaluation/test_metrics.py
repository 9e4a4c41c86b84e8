from itertools import pairwise

import numpy as np
import pytest

from shelfcast.errors import HistoryError
from shelfcast.evaluation import metrics


def slow_scale(history: np.ndarray) -> list[float]:
    """The M5 definition: drop the leading zeros, then the mean of squared differences."""
    scales = []
    for row in history.tolist():
        while row and row[0] == 0:
            row = row[1:]
        squares = [(b - a) ** 2 for a, b in pairwise(row)]
        scales.append(sum(squares) / len(squares) if sum(squares) > 0 else 1.0)
    return scales


def test_the_scale_starts_at_the_first_sale() -> None:
    late = np.array([[0, 0, 0, 4, 2, 6]], dtype=np.float32)
    assert metrics.rmsse_scale(late) == pytest.approx([(2**2 + 4**2) / 2])


@pytest.mark.parametrize("history", [[0, 0, 0], [3, 3, 3], [0, 0, 5]])
def test_the_scale_of_a_history_without_a_change_is_one_unit(history: list[float]) -> None:
    assert metrics.rmsse_scale(np.array([history], dtype=np.float32)).tolist() == [1.0]


def test_the_scale_equals_its_slow_twin_across_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    history = rng.poisson(rng.gamma(0.3, 2, (50, 1)), (50, 30)).astype(np.float32)
    history[rng.random(50) < 0.3, :12] = 0
    monkeypatch.setattr(metrics, "_BLOCK", 7)
    np.testing.assert_allclose(metrics.rmsse_scale(history), slow_scale(history))


def test_naive_on_its_own_history_has_an_rmsse_of_one() -> None:
    history = np.random.default_rng(1).poisson(5, (4, 40)).astype(np.float32) + 1
    everywhere = np.ones((4, 39), dtype=np.bool_)
    found = metrics.rmsse(history[:, 1:], history[:, :-1], everywhere, metrics.rmsse_scale(history))
    np.testing.assert_allclose(found, 1)


def test_large_sales_lose_no_digits_to_float32() -> None:
    y = np.full((1, 28), 16_777_216, dtype=np.float32)
    forecast = np.where(np.arange(28) < 14, y, y + 2).astype(np.float32)
    assert metrics.mae(y, forecast, y > 0).tolist() == [1.0]


def test_scoring_nothing_is_an_error_that_says_so() -> None:
    y = np.ones((2, 3), dtype=np.float32)
    with pytest.raises(HistoryError, match="nothing can be scored"):
        metrics.score(y, y, np.zeros((2, 3), dtype=np.bool_), np.ones(2))
