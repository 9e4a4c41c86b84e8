"""The data report: what was read, what stands out in it, and what would be done about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..panel import Panel
from ..reading import ReadingReport
from .findings import Finding, closures, gaps, gone, late_listings, level_shifts, spikes, stockouts
from .pattern import Pattern, Patterns, patterns

_LOOKED_FOR: tuple[Callable[[Panel], Finding], ...] = (
    gaps,
    closures,
    stockouts,
    spikes,
    late_listings,
    gone,
    level_shifts,
)
_RECEIPTS = 0.2  # of the rows, from which rows of the same product and day are no mistake
_MEANINGS = {
    Pattern.SMOOTH: "sells nearly every day, evenly: forecasts pay most",
    Pattern.ERRATIC: "sells nearly every day, unevenly: look for promotions and prices",
    Pattern.INTERMITTENT: "sells now and then, evenly: a rate can be told, the day cannot",
    Pattern.LUMPY: "sells now and then, unevenly: keep stock by the intervals",
    Pattern.TOO_SHORT: "fewer than 28 days on sale or 4 selling days: nothing can be said yet",
}


@dataclass(frozen=True)
class Check:
    """The data report of a shop.

    Attributes:
        panel: what was read.
        reading: what was done to it on its way in.
        findings: what was looked for.
        patterns: of each product.
    """

    panel: Panel
    reading: ReadingReport
    findings: tuple[Finding, ...]
    patterns: Patterns

    @property
    def counts(self) -> list[tuple[Pattern, int, str]]:
        """Each pattern, how many products have it, and what it means."""
        return [(p, int((self.patterns.pattern == p.value).sum()), _MEANINGS[p]) for p in Pattern]

    def lines(self) -> list[str]:
        """The report as text."""
        said = [*self.reading.lines(), ""]
        for finding in self.findings:
            said.append(f"{finding.name}: {finding.found}.")
            if finding.count:
                said.append(f"  what is done: {finding.done}")
                said += [f"  {example}" for example in finding.examples]
        said += ["", "How forecastable the products look (Syntetos and Boylan):"]
        N = len(self.panel.products)
        said += [f"  {pattern.value:12} {count:7,}  {count / N:6.1%}  {what}" for pattern, count, what in self.counts]
        return said


def check_sales(panel: Panel, reading: ReadingReport) -> Check:
    """Looks a panel over; changes nothing."""
    receipts = reading.rows_summed > _RECEIPTS * reading.rows
    duplicates = Finding(
        "Duplicates",
        0 if receipts else reading.rows_summed,
        f"{reading.rows_summed:,} rows are of the same product and day as another"
        + (", as receipts are" if receipts else ""),
        "summed; remove rows that are there twice by mistake",
    )
    found = (duplicates, *(look(panel) for look in _LOOKED_FOR))
    return Check(panel, reading, found, patterns(panel))
