"""What all tests share."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import postgres_server
import pytest

# The tests' networks are too small for two threads; on shared cores the waiting one would cost most of the time.
# Set before torch is imported, and inherited by the commands that tests start.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A shell starts what it puts in the background with Ctrl-C ignored; the tests of Ctrl-C need it.
signal.signal(signal.SIGINT, signal.default_int_handler)

SHOPS = Path(os.environ.get("SHELFCAST_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def shops_dir() -> Path:
    """The folder of the real shops; the test is skipped where it is missing."""
    if not SHOPS.is_dir():
        pytest.skip(f"the real shops are not in {SHOPS}; set SHELFCAST_DATA to their folder")
    return SHOPS


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL of a PostgreSQL server that runs for the tests; they are skipped where its programs are missing."""
    programs = postgres_server.binaries()
    if programs is None:
        pytest.skip("PostgreSQL's programs are not here; on Debian and Ubuntu: apt install postgresql")
    with postgres_server.server(programs) as url:
        yield url
