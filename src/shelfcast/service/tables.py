"""A model in service as the rows of answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import orjson
import pandas as pd
from fastapi.responses import Response
from numpy.typing import NDArray

from ..panel import Floats
from ..planning import STOCK_DEFAULTS
from .served import ServedModel

OUTPUTS = ("mean", "median", "lo-80", "hi-80", "lo-95", "hi-95")


def json_response(content: Any) -> Response:
    return Response(orjson.dumps(content), media_type="application/json")


def forecast_rows(
    names: Sequence[str], last_day: np.datetime64, ahead: Mapping[str, Floats], rows: NDArray[np.int64] | None = None
) -> orjson.Fragment:
    """A list of rows, one a product and day. `names` are of `rows` of the forecasts, or of all of them in order.

    As JSON, a product at a time into a pattern of its days: 280,000 rows of objects take longer than to forecast them.
    """
    outputs = [name for name in OUTPUTS if name in ahead]
    chosen = [ahead[name] if rows is None else ahead[name][rows] for name in outputs]
    numbers = np.stack(chosen, axis=2).astype(np.float64).round(4)  # [B, H, Q]
    H, Q = numbers.shape[1:]
    values = "".join(f',"{name}":%b' for name in outputs)
    days = last_day + np.arange(1, H + 1)
    row = ",".join(f'{{"unique_id":%b,"ds":"{day}","cutoff":"{last_day}"{values}}}' for day in days).encode()
    parts = []
    for name, of_days in zip(names, numbers, strict=True):
        told = orjson.dumps(of_days.ravel(), option=orjson.OPT_SERIALIZE_NUMPY)[1:-1].split(b",")
        fields = [orjson.dumps(name)] * (H * (Q + 1))
        for q in range(Q):
            fields[q + 1 :: Q + 1] = told[q::Q]
        parts.append(row % tuple(fields))
    return orjson.Fragment(b"[" + b",".join(parts) + b"]")


def sales_rows(served: ServedModel, row: int, days: int) -> list[dict[str, Any]]:
    """The last days of a product: `ds, y`."""
    tail = served.panel.sales[row, -days:].tolist()
    dates = served.panel.dates[-days:].astype(str).tolist()
    return [{"ds": day, "y": units} for day, units in zip(dates, tail, strict=True)]


def plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Records whose numbers that are none are null."""
    return [
        {str(key): None if isinstance(value, float) and not np.isfinite(value) else value for key, value in row.items()}
        for row in table.to_dict("records")
    ]


def stock_frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """A stock table: what no row tells is no column; what some rows leave out has the default."""
    table = pd.DataFrame(rows)
    table = table.drop(columns=[name for name in table.columns if table[name].isna().all()])
    for name, default in STOCK_DEFAULTS.items():
        if name in table.columns and name not in ("service_level", "salvage"):
            table[name] = table[name].fillna(default)
    return table
