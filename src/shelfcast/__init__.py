"""Tomorrow's demand for every product: one network, one forward pass, the whole shelf."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import ShelfcastError
    from .evaluation.backtest import Backtest
    from .forecaster import Forecaster
    from .panel import Panel, Status
    from .reading import ReadingReport, read_sales
    from .sample import SampleShop, sample_shop

__version__ = "0.1.0"

__all__ = [
    "Backtest",
    "Forecaster",
    "Panel",
    "ReadingReport",
    "SampleShop",
    "ShelfcastError",
    "Status",
    "read_sales",
    "sample_shop",
]

_ROOMS = {
    "Backtest": "evaluation.backtest",
    "Forecaster": "forecaster",
    "Panel": "panel",
    "ReadingReport": "reading",
    "SampleShop": "sample",
    "ShelfcastError": "errors",
    "Status": "panel",
    "read_sales": "reading",
    "sample_shop": "sample",
}


def __getattr__(name: str) -> Any:
    """Imports a public name's module when the name is first used: `import shelfcast` alone loads no torch."""
    if name not in _ROOMS:
        raise AttributeError(f"module 'shelfcast' has no attribute {name!r}")
    return getattr(import_module(f".{_ROOMS[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
