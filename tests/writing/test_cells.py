"""Text that a spreadsheet would run is escaped, and comes back."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shelfcast.writing import escape_cells

DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "-5 % off"]


@pytest.mark.parametrize("text", DANGEROUS)
def test_text_that_would_run_has_an_apostrophe_before_it(text: str) -> None:
    table = pd.DataFrame({"unique_id": [text, "tea"], "mean": [-1.5, 2.0]})
    escaped = escape_cells(table)
    assert escaped["unique_id"].tolist() == ["'" + text, "tea"]
    assert escaped["mean"].tolist() == [-1.5, 2.0]
    assert table["unique_id"].tolist() == [text, "tea"]


def test_column_names_and_every_kind_of_text_column_are_escaped() -> None:
    table = pd.DataFrame({"=x": pd.Categorical(["=1"]), "o": pd.Series(["+1"], dtype=object), "n": [None]})
    escaped = escape_cells(table)
    assert escaped.columns.tolist() == ["'=x", "o", "n"]
    assert escaped.iloc[0].tolist()[:2] == ["'=1", "'+1"]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(alphabet="'=+-@\t\ra1", max_size=5), min_size=1, max_size=5))
def test_what_was_escaped_comes_back(texts: list[str]) -> None:
    table = pd.DataFrame({"id": texts})
    escaped = escape_cells(table)
    assert not any(text[:1] in set("=+-@\t\r") for text in escaped["id"] if text)
    assert [re.sub(r"\A'('*[=+\-@\t\r])", r"\1", text) for text in escaped["id"]] == texts
