"""What tests of the service share besides fixtures: its keys, and saving without drawing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

API_KEY, ADMIN_KEY = "a-key-for-reading-0", "a-key-for-writing-0"


@contextmanager
def undrawn() -> Iterator[None]:
    """Saves without drawing the report, which takes seconds and which nothing here reads."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("shelfcast.report.page.write_report", lambda folder, content: None)
        yield
