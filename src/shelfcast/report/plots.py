"""The charts, drawn by matplotlib: as SVG whose colours and fonts are the page's, and the loss curves as PNG.

No text from outside is drawn: names stand in the page, which escapes them, and not in the picture.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator
from numpy.typing import NDArray

from ..training import TrainingRun
from .formats import short_day
from .series import Series

Doubles = NDArray[np.float64]

# Text stays text, so that it takes the page's font; what a user's matplotlibrc may break is set back.
_STYLE: Any = {
    "svg.fonttype": "none",
    "text.usetex": False,
    "axes.unicode_minus": True,
    "font.size": 10,
}
_LEAST_ERROR = 300.0  # of which the median error is so many times: what is smaller is as good as none
_LOG_FROM = 5.0  # largest over smallest loss, or over the median error, from which the axis is logarithmic


# Of matplotlib's SVG: styles and clip paths, comments, ids (not unique on a page), the fonts of texts.
_DROPPED = r"""<defs>.*?</defs>|<!--.*?-->| (?:id|clip-path)="[^"]*"|font(?:-size|-family)?: [^;"]*;? ?"""


@dataclass(frozen=True)
class Palette:
    """Colours by their part in a chart."""

    ink: str
    muted: str
    line: str
    rule: str
    band: str
    accent: str


# On the page each colour is a CSS variable of the same name; these stand for them until the SVG is written.
_PAGE = Palette(ink="#010101", muted="#010102", line="#010106", rule="#010103", band="#010104", accent="#010105")
_PAPER = Palette(ink="#1b2126", muted="#626c75", line="#9aa3ab", rule="#e1e5e8", band="#f3f5f6", accent="#087f7a")


def demand_chart(series: Series, label: str, *, wide: bool = False) -> Markup:
    """One line of sales, the forecasts of the test days over it, tomorrow as a point.

    Args:
        series: of one product, or of the shop.
        label: what it shows, for those who do not see it.
        wide: as broad as the page.
    """
    with rc_context(_STYLE):
        figure, axes = _axes(_PAGE, 9, 2.7, left=0.6, bottom=0.36) if wide else _axes(_PAGE, 4.2, 1.7)
        days = np.arange(len(series.dates))
        sales, forecast, tomorrow = series.sales[0], series.forecast[0], series.tomorrow[0]
        tested = np.flatnonzero(~np.isnan(forecast))
        axes.axvspan(tested[0] - 0.5, tested[-1] + 0.5, color=_PAGE.band, linewidth=0)
        low, high = series.low[0], series.high[0]
        axes.fill_between(days[:-1], low, high, color=_PAGE.accent, alpha=0.28, linewidth=0)
        axes.plot(days[:-1], sales, color=_PAGE.line, linewidth=1.1)
        axes.plot(days[:-1], forecast, color=_PAGE.accent, linewidth=1.8)
        axes.plot(
            days[-1:].repeat(2),
            [tomorrow, tomorrow],
            color=_PAGE.accent,
            linewidth=7,
            solid_capstyle="round",
        )
        top = max(np.nanmax(sales, initial=0), np.nanmax(forecast), np.nanmax(high, initial=0), tomorrow)
        axes.set(xlim=(-0.5, days[-1] + 0.5), ylim=(0, 1.06 * top if top > 0 else 1))
        ticks = min(5 if wide else 3, len(days))  # in the middle of as many equal parts, clear of the corners
        marked = ((np.arange(ticks) + 0.5) * len(days) / ticks).astype(int)
        axes.set_xticks(marked, [short_day(series.dates[at]) for at in marked])
        axes.tick_params(axis="x", pad=7 if wide else 3.5)  # on a phone the letters of the wide one grow
        axes.yaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 2.5, 5, 10]))
        axes.yaxis.set_major_formatter(_plain)
        return _svg(figure, label, "wide" if wide else "small")


def units_chart(dates: NDArray[np.datetime64], units: Doubles, label: str) -> Markup:
    """Units a day as one line, as broad as the page."""
    with rc_context(_STYLE):
        figure, axes = _axes(_PAGE, 9, 2.7, left=0.6, bottom=0.36)
        axes.plot(np.arange(len(units)), units, color=_PAGE.accent, linewidth=0.9)
        axes.set(xlim=(-0.5, len(units) - 0.5), ylim=(0, 1.06 * (float(units.max()) or 1.0)))
        marked = ((np.arange(5) + 0.5) * len(units) / 5).astype(int)
        axes.set_xticks(marked, [str(dates[at]) for at in marked])
        axes.yaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 2.5, 5, 10]))
        axes.yaxis.set_major_formatter(_plain)
        return _svg(figure, label, "wide")


def loss_chart(run: TrainingRun, label: str) -> Markup:
    """The loss of each part after each epoch, and the epoch that was kept."""
    with rc_context(_STYLE):
        figure, axes = _axes(_PAGE, 6, 3)
        _draw_losses(axes, run, _PAGE)
        return _svg(figure, label, "half")


def save_loss_curves(run: TrainingRun, path: Path) -> None:
    """The same picture as a PNG that stands alone."""
    with rc_context(_STYLE):
        figure, axes = _axes(_PAPER, 8, 4.5, left=0.8, bottom=0.6, rest=0.4)
        _draw_losses(axes, run, _PAPER)
        axes.set_xlabel("part of the training" if run.averaged else "epoch", color=_PAPER.ink)
        axes.set_ylabel(f"loss ({run.loss})", color=_PAPER.ink)
        if run.epochs > 0:
            axes.legend(frameon=False, labelcolor=_PAPER.ink, loc="lower left", bbox_to_anchor=(0, 1), ncols=4)
        figure.savefig(path, format="png", dpi=150, facecolor="white")


def error_bins(own: Doubles, baseline: Doubles) -> Doubles:
    """The edges of the bars of `error_chart`: from 0 in equal steps, or, where a few products err by far more
    than most, in equal ratios from an error that nearly all exceed.
    """
    both = np.concatenate([own, baseline])
    median, top = float(np.median(own)), float(both.max()) or 1.0
    bars = int(np.clip(2 * np.sqrt(len(own)), 8, 40))
    if median > 0 and top > _LOG_FROM * median:
        least = np.clip(float(np.quantile(both[both > 0], 0.01)), median / _LEAST_ERROR, median / 2)
        return np.geomspace(least, top, bars + 1)
    return np.linspace(0, top, bars + 1)


def error_chart(own: Doubles, baseline: Doubles, edges: Doubles, label: str) -> Markup:
    """How many products have which MAE: the model's filled, with its median, a baseline's as an outline.

    Args:
        own, baseline: `[n]` units a day, of the scored products; what is below all edges is in the first bar.
        edges: of `error_bins`.
    """
    with rc_context(_STYLE):
        figure, axes = _axes(_PAGE, 6, 3)
        counts = [np.histogram(np.clip(errors, edges[0], edges[-1]), edges)[0] for errors in (own, baseline)]
        if edges[0] > 0:
            axes.set_xscale("log")
            axes.xaxis.set_major_locator(LogLocator(subs=(1, 3) if edges[-1] < 1000 * edges[0] else (1,)))
            axes.xaxis.set_minor_locator(NullLocator())
        else:
            axes.xaxis.set_major_locator(MaxNLocator(6))
        axes.stairs(counts[0], edges, fill=True, color=_PAGE.accent, alpha=0.45, linewidth=0)
        axes.stairs(counts[1], edges, color=_PAGE.ink, linewidth=1)
        axes.axvline(float(np.median(own)), color=_PAGE.accent, linewidth=1.8)
        axes.set(xlim=(edges[0], edges[-1]), ylim=(0, 1.06 * max(bars.max() for bars in counts)))
        axes.xaxis.set_major_formatter(_plain)
        axes.yaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10], integer=True))
        axes.yaxis.set_major_formatter(_plain)
        return _svg(figure, label, "half")


def _draw_losses(axes: Axes, run: TrainingRun, palette: Palette) -> None:
    colours = {"train": palette.line, "validation": palette.ink, "test": palette.accent}
    known: list[float] = []
    for part, losses in run.curves.items():
        axes.plot(range(1, len(losses) + 1), losses, color=colours[part], linewidth=1.3, label=part)
        known += [loss for loss in losses if 0 < loss < np.inf]
    if not known:
        return
    axes.set_xlim(min(1, run.epochs - 1), run.epochs)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.xaxis.set_major_formatter(_plain)
    if not run.averaged:  # of an average over all steps no point of the curve is the one that was kept
        axes.axvline(run.best_epoch, color=palette.ink, linewidth=0.8, linestyle=(0, (3, 3)), label="kept epoch")
    if max(known) > _LOG_FROM * min(known):
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_minor_locator(NullLocator())
    else:
        axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(_plain)


def _axes(
    palette: Palette,
    width: float,
    height: float,
    *,
    left: float = 0.46,
    bottom: float = 0.3,
    rest: float = 0.1,
) -> tuple[Figure, Axes]:
    """Axes with a rule below and light rules across, and nothing else; sizes and margins in inches."""
    box = (left / width, bottom / height, 1 - (left + rest) / width, 1 - (bottom + rest) / height)
    figure = Figure(figsize=(width, height))
    axes: Axes = figure.add_axes(box)
    axes.set_facecolor("none")
    axes.spines[["left", "top", "right"]].set_visible(False)
    axes.spines["bottom"].set_color(palette.muted)
    axes.tick_params(which="both", bottom=False, left=False, labelcolor=palette.ink)
    axes.grid(axis="y", color=palette.rule, linewidth=0.8)
    axes.set_axisbelow(True)
    return figure, axes


def _plain(value: float, _: float) -> str:
    """`1,000` and `0.05`."""
    return f"{value:,.10g}"


def _svg(figure: Figure, label: str, size: str) -> Markup:
    """The chart as an element of the page: no ids, no links, colours and fonts by the page's style sheet."""
    figure.patch.set_visible(False)
    written = StringIO()
    figure.savefig(written, format="svg", metadata=dict.fromkeys(["Creator", "Date", "Format", "Type"]))
    text = written.getvalue()
    _, _, opened = text.partition("<svg")
    head, _, inner = opened.partition(">")
    inner = re.sub(_DROPPED, "", inner.rpartition("</svg>")[0], flags=re.DOTALL)
    inner = re.sub(r"\s+", " ", inner)
    for name, colour in asdict(_PAGE).items():
        inner = inner.replace(colour, f"var(--{name})")
    view_box = re.findall(r'viewBox="([^"]*)"', head)[0]
    start = Markup('<svg class="chart {}" viewBox="{}" role="img" aria-label="{}">').format(size, view_box, label)
    return start + Markup(inner) + Markup("</svg>")
