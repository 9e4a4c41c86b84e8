"""The contestants by name. What is heavy is imported when one is made, in a process of its own."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.contract import Model
from shelfcast.evaluation.baselines import BASELINES


@dataclass(frozen=True)
class Entry:
    """A contestant of the benchmark.

    Attributes:
        family: its file in `peers`.
        packages: what it is made with, by import name; their versions are noted.
        recursive: it gets past the next day by taking its own forecasts for what was sold; `scores.csv` marks it.
        seeded: whether chance plays a part; without it, one seed is all that is run.
    """

    family: str
    packages: tuple[str, ...]
    recursive: bool = False
    seeded: bool = False


MODELS: dict[str, Entry] = {
    "classic": Entry("recipes", ("torch",), recursive=True, seeded=True),
    "catalog": Entry("recipes", ("torch",), seeded=True),
    **{name: Entry("baselines", ("numpy",)) for name in BASELINES},
    "ridge": Entry("ridge", ("numpy",), recursive=True),
    "lightgbm": Entry("boosting", ("lightgbm", "mlforecast"), recursive=True, seeded=True),
    "lightgbm_ours": Entry("boosting_ours", ("lightgbm", "torch"), seeded=True),
    **{name: Entry("statistical", ("statsforecast",)) for name in ("auto_ets", "ses", "croston_sba", "tsb")},
    **{name: Entry("neural", ("neuralforecast", "torch"), seeded=True) for name in ("nhits", "lstm", "tsmixerx")},
}


def make(name: str, seed: int, horizon: int) -> Model:
    """The contestant of that name.

    Args:
        seed: of what is left to chance in it.
        horizon: days that it will have to forecast from one origin; 1 where only the next-day task is run.
    """
    match MODELS[name].family:
        case "recipes":
            from benchmarks.peers.recipes import OwnRecipe

            return OwnRecipe(name, seed)
        case "baselines":
            from benchmarks.peers.baselines import Baseline

            return Baseline(name)
        case "ridge":
            from benchmarks.peers.ridge import Ridge

            return Ridge()
        case "boosting":
            from benchmarks.peers.boosting import LightGBM

            return LightGBM(seed)
        case "boosting_ours":
            from benchmarks.peers.boosting_ours import LightGBMOurs

            return LightGBMOurs(seed, horizon)
        case "statistical":
            from benchmarks.peers.statistical import Statistical

            return Statistical(name)
        case _:
            from benchmarks.peers.neural import Neural

            return Neural(name, seed, horizon)
