"""What all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHOPS = Path(os.environ.get("SHELFCAST_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def shops_dir() -> Path:
    """The folder of the real shops; the test is skipped where it is missing."""
    if not SHOPS.is_dir():
        pytest.skip(f"the real shops are not in {SHOPS}; set SHELFCAST_DATA to their folder")
    return SHOPS
