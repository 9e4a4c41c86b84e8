"""What the loss curves of a training run show, in plain words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..training import TrainingRun
from .formats import percent

_FEWEST_EPOCHS = 8  # fewer points make no curve
_LEVEL = 0.03  # a smaller fall over the last fifth of the epochs is no promise of more
_RISE = 0.05  # a smaller rise above the lowest point is no overfitting
_NOISE = 3  # times the usual distance of an epoch from its neighbours, which a rise must exceed


def curve_verdict(run: TrainingRun) -> str:
    """Whether the test curve converged, still falls or shows overfitting, and which epoch was kept and why.

    The curve is judged by its running median over a tenth of the epochs, so that no single epoch decides.
    The verdict describes the run and changes nothing: validation days choose the epoch.
    """
    said = []
    if run.interrupted:
        said.append(f"Training was interrupted after {_count(run.epochs)}: later ones were never tried.")
    if run.epochs == 0:
        return " ".join([*said, "No epoch was finished, so the network has learned nothing."])
    test = np.array(run.curves.get("test", []), dtype=np.float64)
    # Where nothing is chosen by epochs, the points are equal parts of one training.
    said.append(
        _shape(test, np.array(run.curves["train"]), *(("part", "steps") if run.averaged else ("epoch", "epochs")))
    )
    if run.averaged:
        said.append("The weights that were kept are an average over the steps: no days had a part in choosing them.")
    elif "validation" in run.curves:
        said.append(
            f"Epoch {run.best_epoch:,} of {run.epochs:,} was kept, the one with the smallest loss on the"
            " validation days; the test days had no part in that choice."
        )
    else:
        said.append(f"Epoch {run.best_epoch:,}, the last, was kept: there were no validation days to choose by.")
    return " ".join(said)


def _shape(test: NDArray[np.float64], train: NDArray[np.float64], point: str, more: str) -> str:
    """What the test curve looks like; `point` is what one of its points stands for, `more` what could be added."""
    epochs = len(test)
    if epochs == 0:
        return "No test curve was recorded."
    if not np.isfinite(test).all():
        lost = int(np.isfinite(test).argmin()) + 1
        return f"Training diverged: at {point} {lost:,} the test loss was no finite number."
    if epochs < _FEWEST_EPOCHS:
        return f"The test curve cannot be judged: {_count(epochs)}, {_FEWEST_EPOCHS} are the least."
    smooth = _running_median(test)
    lowest, last, before = int(smooth.argmin()), smooth[-1], smooth[-1 - epochs // 5]
    rise = last - smooth[lowest]
    noise = float(np.median(np.abs(test - smooth)))
    if rise > _RISE * smooth[lowest] and rise > _NOISE * noise:
        learned = _running_median(train)
        while_training = " while the training loss went on falling" if learned[-1] < learned[lowest] else ""
        return (
            f"The test curve shows overfitting: from its lowest point, near {point} {lowest + 1:,}, it rose by"
            f" {percent(rise / smooth[lowest], 0) if smooth[lowest] > 0 else 'all it had fallen'} by {point}"
            f" {epochs:,}{while_training}."
        )
    if before - last > _LEVEL * before:
        return (
            f"The test curve is still falling, by {percent((before - last) / before, 0)} over the last fifth of"
            f" the {epochs:,} {point}s: more {more} may help."
        )
    return f"The test curve has converged: it is level over the last fifth of the {epochs:,} {point}s."


def _running_median(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Centred, over a tenth of the values and at least three; at the ends over those that there are."""
    reach = max(1, len(values) // 20)
    return np.array(
        [np.median(values[max(0, at - reach) : at + reach + 1]) for at in range(len(values))],
        dtype=np.float64,
    )


def _count(epochs: int) -> str:
    return f"{epochs:,} epoch{'' if epochs == 1 else 's'}"
