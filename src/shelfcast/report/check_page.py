"""The data report as one HTML file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..check import Check
from .plots import units_chart
from .templates import style, templates

_MOST = 500  # products in the table


def write_check(check: Check, path: Path) -> None:
    """Writes the page to `path`."""
    path.write_bytes(render_check(check).encode("utf-8", errors="xmlcharrefreplace"))


def render_check(check: Check) -> str:
    """The page; every text from outside is escaped."""
    panel, found = check.panel, check.patterns
    units = panel.sales.sum(axis=1, dtype=np.float64)
    order = np.argsort(-units, kind="stable")[:_MOST]
    return (
        templates()
        .get_template("check.html.j2")
        .render(
            check=check,
            style=style(),
            chart=units_chart(
                panel.dates, panel.sales.sum(axis=0, dtype=np.float64), "Units sold by the whole shop a day."
            ),
            products=[
                {
                    "name": str(panel.products[n]),
                    "units": f"{units[n]:,.0f}",
                    "days": f"{found.days[n]:,}",
                    "selling": f"{found.selling_days[n]:,}",
                    "adi": "" if np.isnan(found.adi[n]) else f"{found.adi[n]:.2f}",
                    "cv2": "" if np.isnan(found.cv2[n]) else f"{found.cv2[n]:.2f}",
                    "pattern": str(found.pattern[n]),
                }
                for n in order
            ],
            more=len(units) - len(order),
        )
    )
