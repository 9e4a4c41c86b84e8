"""What the documentation says of real shops."""

from __future__ import annotations

from pathlib import Path

import pytest

from shelfcast import Forecaster, read_sales


@pytest.mark.slow
@pytest.mark.shops
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_classic_on_the_coffee_shop_errs_by_at_most_4_1_units(shops_dir: Path, seed: int) -> None:
    panel, _ = read_sales(shops_dir / "coffee" / "receipts.csv")
    mae = (
        Forecaster("classic", device="cpu", seed=seed).backtest(panel, test_days=33).scores().set_index("model")["mae"]
    )
    assert mae["classic"] <= 4.1
    assert mae["mean_28"] == pytest.approx(5.27, abs=0.005)
    assert mae["seasonal_naive"] == pytest.approx(7.15, abs=0.006)
