"""The benchmark of the long till roll, on a short one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import receipts


def test_the_simulated_receipts_are_read_and_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, truth = tmp_path / "receipts.csv", tmp_path / "sold.npy"
    np.save(truth, receipts.write_receipts(path, 5000, products=50, days=60))
    receipts.read(path, truth)
    assert "5,000 rows" in capsys.readouterr().out
    text = path.read_text()
    path.write_text(text[: text.rindex(",")] + ",3\n")
    with pytest.raises(AssertionError):
        receipts.read(path, truth)
