"""The training loop: squared error, Adam, the same code on every device; validation days choose the kept epoch."""

from __future__ import annotations

import copy
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader
from tqdm import tqdm

from .checkpoint import Checkpoint, Standing, named, optimiser_standing, restore_optimiser, under
from .errors import ModelFolderError, RecipeError
from .networks.losses import squared_error

Batches = DataLoader[tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class TrainingRun:
    """What a training run did.

    Attributes:
        curves: loss of each epoch by part: `train`, and of the watched parts `validation`, `test`.
        best_epoch: the epoch (from 1) whose weights are kept.
        interrupted: ended by Ctrl-C, so that later epochs were never tried.
        averaged: the kept weights are a moving average over all steps, chosen by no days; an epoch is then
            a twentieth of the steps, and the loss the absolute error of the median over the units sold.
        feasts: names of days that were found to be unlike the weeks around them, year after year.
    """

    curves: Mapping[str, list[float]]
    best_epoch: int
    interrupted: bool
    averaged: bool = False
    feasts: tuple[str, ...] = ()

    @classmethod
    def from_dict(cls, stored: Any) -> Self:
        """The run that `asdict` gave, also from JSON.

        Raises:
            ModelFolderError: it is no such run.
        """
        types = {"curves": dict, "best_epoch": int, "interrupted": bool, "averaged": bool, "feasts": list}
        stored = {"feasts": [], **stored} if isinstance(stored, dict) else {}
        if {name: type(value) for name, value in stored.items()} != types:
            raise ModelFolderError("The stored training run is not one of this version.")
        curves = stored["curves"].values()
        are_curves = all(isinstance(c, list) and all(isinstance(loss, float) for loss in c) for c in curves)
        if "train" not in stored["curves"] or not are_curves:
            raise ModelFolderError("The stored training run has no loss curves.")
        if not all(isinstance(name, str) for name in stored["feasts"]):
            raise ModelFolderError("The stored training run has a feast without a name.")
        return cls(**{**stored, "feasts": tuple(stored["feasts"])})

    @property
    def epochs(self) -> int:
        return len(self.curves["train"])

    @property
    def loss(self) -> str:
        """What the curves show, in words."""
        return "absolute error over units sold" if self.averaged else "mean squared error, scaled"


def choose_device(name: str) -> torch.device:
    """The device of that name; `auto` takes CUDA where there is one, else the CPU: nobody has tried MPS yet.

    Raises:
        RecipeError: the name is unknown or the device is not in this machine.
    """
    has = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return torch.device("cuda" if has["cuda"] else "cpu")
    if name not in has:
        raise RecipeError(f"There is no device {name!r}.", "Choose auto, cpu, cuda or mps.")
    if not has[name]:
        raise RecipeError(f"This machine has no {name} device that PyTorch can use.", "Choose auto or cpu.")
    return torch.device(name)


def train(
    network: nn.Module,
    batches: Batches,
    watched: Mapping[str, Batches],
    *,
    epochs: int,
    patience: int,
    learning_rate: float,
    device: torch.device,
    label: str,
    shuffling: torch.Generator,
    checkpoint: Checkpoint,
) -> TrainingRun:
    """Fits the network in place and leaves it with the weights of the best epoch.

    Args:
        network: on `device`.
        batches: training windows and targets (NaN where not known), shuffled anew at each pass.
        watched: parts whose loss is recorded after each epoch. `validation` chooses the epoch that is
            kept and ends training after `patience` steps without a better one; `test` is only recorded.
            Without `validation` the last epoch is kept.
        label: what the progress bar says is being done.
        shuffling: draws the order of the batches.
        checkpoint: where the run goes on from, and is kept between epochs.

    Raises:
        RecipeError: the loss is no longer finite.
        KeyboardInterrupt: before the first epoch was done; later Ctrl-C ends training and keeps the best epoch.
    """
    optimiser = torch.optim.Adam(network.parameters(), lr=learning_rate, fused=True)
    curves: dict[str, list[float]] = {"train": [], **{part: [] for part in watched}}
    best_epoch, best_loss, best_weights = 0, float("inf"), copy.deepcopy(network.state_dict())
    interrupted = False
    before = checkpoint.load()
    if before is not None:
        network.load_state_dict(under("network.", before.tensors))
        best_weights = under("best.", before.tensors)
        restore_optimiser(optimiser, before, before.told["groups"])
        shuffling.set_state(before.tensors["shuffling"])
        curves, best_epoch, best_loss = before.told["curves"], before.told["best_epoch"], before.told["best_loss"]

    def standing() -> Standing:
        held = optimiser_standing(optimiser)
        tensors = named("network.", network.state_dict()) | named("best.", best_weights)
        told = {"curves": curves, "best_epoch": best_epoch, "best_loss": best_loss}
        return Standing(tensors | dict(held.tensors) | {"shuffling": shuffling.get_state()}, told | dict(held.told))

    shown: dict[str, Any] = {"desc": label, "unit": "epoch", "file": sys.stderr, "disable": None, "leave": False}
    with tqdm(total=epochs, initial=len(curves["train"]), **shown) as bar:
        try:
            for epoch in range(len(curves["train"]) + 1, epochs + 1):
                if (epoch - 1 - best_epoch) * len(batches) >= patience:
                    break
                train_loss = _train_epoch(network, batches, optimiser, device)
                losses = {part: mean_loss(network, b, device) for part, b in watched.items()}
                if not all(math.isfinite(loss) for loss in (train_loss, *losses.values())):
                    raise RecipeError(f"Training diverged in epoch {epoch}.", "Choose a smaller learning_rate.")
                curves["train"].append(train_loss)
                for part, loss in losses.items():
                    curves[part].append(loss)
                if losses.get("validation", -epoch) < best_loss:
                    best_epoch, best_loss = epoch, losses.get("validation", -epoch)
                    best_weights = copy.deepcopy(network.state_dict())
                bar.set_postfix({"train": f"{train_loss:.5f}"} | {k: f"{v:.5f}" for k, v in losses.items()})
                bar.update()
                if checkpoint.is_due:
                    checkpoint.save(standing())
        except KeyboardInterrupt:
            if best_epoch == 0:  # there is no epoch to keep
                raise
            interrupted = True
    if not interrupted:
        checkpoint.save(standing())
    network.load_state_dict(best_weights)
    return TrainingRun(curves, best_epoch, interrupted)


def _train_epoch(
    network: nn.Module,
    batches: Batches,
    optimiser: torch.optim.Optimizer,
    device: torch.device,
) -> float:
    """Mean loss over the windows of one pass, each batch as it was before its step."""
    network.train()
    total, count = 0.0, 0
    for windows, targets in batches:
        optimiser.zero_grad()
        loss = squared_error(network(windows.to(device)), targets.to(device))
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        total, count = total + loss.item() * len(windows), count + len(windows)
    return total / count


@torch.inference_mode()
def mean_loss(network: nn.Module, batches: Batches, device: torch.device) -> float:
    """Mean loss over windows, nothing learned."""
    network.eval()
    total, count = 0.0, 0
    for windows, targets in batches:
        loss = squared_error(network(windows.to(device)), targets.to(device))
        total, count = total + loss.item() * len(windows), count + len(windows)
    return total / count
