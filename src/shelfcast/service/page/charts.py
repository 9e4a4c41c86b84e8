"""The charts as plotly reads them. Colours are names of the page's own, put in when they are drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson
from markupsafe import Markup
from numpy.typing import NDArray

from ...panel import Days, Floats

Figure = dict[str, Any]


def as_json(figure: Figure) -> Markup:
    """For a script element that holds data: no text in it can end the element."""
    text = orjson.dumps(figure, option=orjson.OPT_SERIALIZE_NUMPY).decode()
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def days(dates: Days) -> list[str]:
    return [str(date) for date in dates.astype("datetime64[D]")]


def numbers(values: NDArray[Any]) -> list[float | None]:
    """Rounded; what is none is a gap."""
    return [None if value != value else round(float(value), 2) for value in np.asarray(values).tolist()]


def line(name: str, x: list[str], y: list[float | None], colour: str, **more: Any) -> Figure:
    style = {"color": f"var:{colour}", "width": more.pop("width", 1.5), "dash": more.pop("dash", "solid")}
    kind = {"type": "scatter", "mode": "lines", "hovertemplate": "%{y:,.1f}"}
    return {**kind, "name": name, "x": x, "y": y, "line": style, **more}


def band(x: list[str], low: Floats, high: Floats) -> list[Figure]:
    """The range of 8 days in 10, as an area."""
    edge = {"color": "var:accent", "width": 0}
    return [
        {**line("80 %, low", x, numbers(low), "accent"), "line": edge, "hovertemplate": "%{y:,.1f}"},
        {
            **line("80 %, high", x, numbers(high), "accent"),
            "line": edge,
            "fill": "tonexty",
            "fillcolor": "var:accent:2e",
        },
    ]


def layout(**more: Any) -> Figure:
    axis = {
        "gridcolor": "var:rule",
        "linecolor": "var:line",
        "zeroline": False,
        "tickfont": {"size": 12},
        "fixedrange": True,
    }
    own: Figure = {
        "paper_bgcolor": "var:paper",
        "plot_bgcolor": "var:paper",
        "font": {"color": "var:muted", "family": "system-ui, sans-serif", "size": 12},
        "margin": {"l": 48, "r": 12, "t": 10, "b": 34},
        "showlegend": False,
        "hovermode": "x unified",
        "hoverlabel": {"bgcolor": "var:band", "bordercolor": "var:line", "font": {"color": "var:ink"}},
        "xaxis": {**axis, "showgrid": False, "type": "date"},
        "yaxis": {**axis, "rangemode": "tozero", "nticks": 5, "tickformat": ","},
        "shapes": [],
    }
    for name, value in more.items():
        own[name] = {**own.get(name, {}), **value} if isinstance(value, dict) else value
    return own


def strip(day: str, until: str, colour: str = "band") -> Figure:
    """A shaded stretch of days, from one noon to another."""
    return {
        "type": "rect",
        "xref": "x",
        "yref": "paper",
        "x0": f"{day} 00:00",
        "x1": f"{until} 23:59",
        "y0": 0,
        "y1": 1,
        "fillcolor": f"var:{colour}",
        "line": {"width": 0},
        "layer": "below",
    }
