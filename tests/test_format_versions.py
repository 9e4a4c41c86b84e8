"""A model folder that any released version wrote loads, and forecasts what it forecast then."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from shelfcast import Forecaster

WRITTEN = sorted(Path(__file__).parent.glob("fixtures/model-format-*/*"))


def test_this_format_version_is_among_them() -> None:
    from shelfcast.store import FORMAT_VERSION

    assert f"model-format-{FORMAT_VERSION}" in {folder.parent.name for folder in WRITTEN}


@pytest.mark.parametrize("folder", WRITTEN, ids=lambda folder: f"{folder.parent.name}-{folder.name}")
def test_a_folder_of_each_format_loads_and_forecasts_the_same(folder: Path) -> None:
    then = pd.read_csv(folder / "forecasts.csv", dtype={"unique_id": str}, parse_dates=["ds", "cutoff"])
    forecaster = Forecaster.load(folder, device="cpu")
    now = forecaster.predict()
    assert then.columns.tolist() == now.columns.tolist()
    numbers = now.select_dtypes("number").columns
    np.testing.assert_allclose(now[numbers], then[numbers], rtol=1e-5, atol=1e-5)
    others = [name for name in now.columns if name not in numbers]
    pd.testing.assert_frame_equal(now[others].astype(str), then[others].astype(str))
    assert forecaster.result is not None
    assert len(forecaster.result.scores())
