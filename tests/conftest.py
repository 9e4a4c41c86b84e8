"""What all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# The tests' networks are too small for two threads; on shared cores the waiting one would cost most of the time.
# Set before torch is imported, and inherited by the commands that tests start.
os.environ.setdefault("OMP_NUM_THREADS", "1")

SHOPS = Path(os.environ.get("SHELFCAST_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def shops_dir() -> Path:
    """The folder of the real shops; the test is skipped where it is missing."""
    if not SHOPS.is_dir():
        pytest.skip(f"the real shops are not in {SHOPS}; set SHELFCAST_DATA to their folder")
    return SHOPS
