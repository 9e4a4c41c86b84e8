"""Sales of months or weeks, which are refused: what is forecast are days."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyarrow as pa

from ..errors import ColumnError
from .dates import month_number
from .source import Column, Source, shown
from .texts import distinct_texts
from .usual_names import DAY, MONTH, find

_MONTH = re.compile(  # 2024-01  202401  2024M01  2024-W05  01/2024
    r"(?:19|20)[0-9]{2}(?:[-/. ](?:0?[1-9]|1[0-2])|-?M?(?:0[1-9]|1[0-2])|[- ]?W[0-5]?[0-9])"
    r"|(?:0?[1-9]|1[0-2])[-/. ](?:19|20)[0-9]{2}"
)
_MONTH_BY_NAME = re.compile(r"(?P<name>[^\W\d]{3,12})\.?[- /']*(?:de )?(?:[0-9]{4}|[0-9]{2})")  # Jan 2024  März 24
WEEK = ("week kw kalenderwoche semaine semana settimana",)
_MOST = 0.5  # of the distinct values, from which on a column is one of months
_FEWEST = 2  # columns
_WAY_OUT = "Forecasts are of days: give receipts, or a row or a column a day."


def refuse_month_rows(day: Column) -> None:
    """Raises ColumnError where most of the values are months or weeks."""
    if pa.types.is_temporal(day.values.type):
        return
    _, texts = distinct_texts(day)
    months = _months(texts.to_pylist())
    if len(months) > _MOST * len(texts):
        raise ColumnError(
            f"{day.place} holds months or weeks such as {shown(months[0])}: these sales are monthly or weekly.",
            _WAY_OUT,
        )


def refuse_month_columns(source: Source) -> None:
    """Raises ColumnError where there is no column of days but one of months, or a column a month."""
    months = _months(source.columns)
    if len(months) >= _FEWEST:
        raise ColumnError(
            f"{source.name} has columns of months or weeks, {shown(months[0])} to {shown(months[-1])}: these sales are"
            " monthly or weekly.",
            _WAY_OUT,
        )
    column = find(source, (*MONTH, *WEEK))
    if column is not None and find(source, DAY) is None:
        raise ColumnError(
            f"{source.name} has no column of days but one of months or weeks, {shown(column)}: these sales are monthly"
            " or weekly.",
            f"{_WAY_OUT} If a column holds days, name it with --time-col.",
        )


def _months(texts: Sequence[str]) -> list[str]:
    return [text for text in texts if _is_month(text.strip())]


def _is_month(text: str) -> bool:
    if _MONTH.fullmatch(text):
        return True
    found = _MONTH_BY_NAME.fullmatch(text)
    return found is not None and month_number(found["name"]) is not None
