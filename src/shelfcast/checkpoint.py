"""A checkpoint: where a training run stands, on disk, so that a killed run goes on and ends with the same bits."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from .errors import ModelFolderError
from .panel import Panel
from .syncing import sync

_FOLDER = "checkpoint"  # in a model folder
_OPTIMISER = "optimiser."


@dataclass(frozen=True)
class Standing:
    """Where a run stands: tensors by name, and what JSON holds: Python writes floats exactly."""

    tensors: Mapping[str, Tensor]
    told: Mapping[str, Any]


class Checkpoint:
    """One file, rewritten whole every `minutes` and at the end of its run; written aside, synced and renamed.

    Args:
        path: of the file.
        minutes: between two writes; no checkpoint is older than that and one step.
        resume: go on from what is there; else what is there is written over.
        of: what the run is about, a hash; a checkpoint of something else is refused.
    """

    def __init__(self, path: Path, minutes: float, resume: bool, of: str) -> None:
        self._path, self._seconds, self._resume, self._of = path, minutes * 60, resume, of
        self._written = time.monotonic()

    @classmethod
    def none(cls) -> Self:
        """That is never due and holds nothing."""
        return cls(Path(os.devnull), float("inf"), False, "")

    def load(self) -> Standing | None:
        """Where the run stood; None if it begins anew.

        Raises:
            ModelFolderError: the file is damaged, or of other sales, settings, days or code.
        """
        if not self._resume or not self._path.is_file():
            return None
        try:
            with safe_open(self._path, framework="pt") as file:
                told = json.loads(file.metadata()["told"])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  no mapping
        except (OSError, SafetensorError, ValueError, TypeError, KeyError) as error:
            raise ModelFolderError(f"{self._path} cannot be read.", "Train again without --resume.") from error
        if told.pop("sha256", None) != _fingerprint(tensors, told):
            raise ModelFolderError(f"{self._path} is damaged.", "Train again without --resume.")
        if told.pop("of", None) != self._of:
            raise ModelFolderError(
                f"{self._path} is of other sales, settings or test days, or of another version of shelfcast.",
                "Give the same as before, or train again without --resume.",
            )
        return Standing(tensors, told)

    @property
    def is_due(self) -> bool:
        return time.monotonic() - self._written >= self._seconds

    def save(self, standing: Standing) -> None:
        """Raises: ModelFolderError: it cannot be written."""
        if self._seconds == float("inf"):
            return
        aside = self._path.with_suffix(".unfinished")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            tensors = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in standing.tensors.items()}
            told = {**standing.told, "of": self._of}
            try:
                save_file(tensors, aside, {"told": json.dumps(told | {"sha256": _fingerprint(tensors, told)})})
                sync(aside)
                aside.replace(self._path)
            finally:
                aside.unlink(missing_ok=True)
            sync(self._path.parent)
        except (OSError, SafetensorError) as error:
            raise ModelFolderError(
                f"The checkpoint {self._path} could not be written: {error}.", "Check space and permissions."
            ) from error
        self._written = time.monotonic()


@dataclass(frozen=True)
class Checkpoints:
    """Those of the runs of one training: the one that is scored, and the one on all days.

    Attributes:
        model: the model folder. minutes, resume: as of a `Checkpoint`.
        of: a hash of what all runs have in common.
    """

    model: Path
    minutes: float = 5.0
    resume: bool = False
    of: str = ""

    def about(self, panel: Panel, *told: str) -> Checkpoints:
        """Those of a training on these sales, with what else decides it; those of another one are removed.

        Raises:
            ModelFolderError: they cannot be removed.
        """
        if not self.resume:
            self.remove()
        digest = hashlib.sha256("\n".join([torch.__version__, _code(), *told]).encode())
        known = {} if panel.covariates is None else panel.covariates.to_arrays()
        arrays: list[NDArray[Any]] = [
            panel.sales,
            panel.status,
            panel.dates.astype(np.int64),
            *(known[name] for name in sorted(known)),
        ]
        for array in arrays:
            digest.update(str((array.shape, array.dtype)).encode())
            digest.update(np.ascontiguousarray(array).data)
        digest.update("\n".join([*panel.products, *(v for vs in panel.attributes.values() for v in vs)]).encode())
        return replace(self, of=digest.hexdigest())

    def stage(self, name: str) -> Checkpoint:
        return Checkpoint(self.model / _FOLDER / f"{name}.safetensors", self.minutes, self.resume, f"{name} {self.of}")

    def remove(self) -> None:
        """When the model has been saved, nothing is left to go on with.

        Raises:
            ModelFolderError: they cannot be removed.
        """
        folder = self.model / _FOLDER
        try:
            if folder.is_dir():
                shutil.rmtree(folder)
        except OSError as error:
            raise ModelFolderError(f"{folder} could not be removed: {error}.", "Check permissions.") from error


def _code() -> str:
    """A hash of the package: the bits that a training ends with hang on all of it, and nobody has to number it."""
    root, digest = Path(__file__).parent, hashlib.sha256()
    for path in sorted(path for path in root.rglob("*.py") if path.is_file()):
        digest.update(f"{path.relative_to(root).as_posix()} {hashlib.sha256(path.read_bytes()).hexdigest()}".encode())
    return digest.hexdigest()


def _fingerprint(tensors: Mapping[str, Tensor], told: Mapping[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
    for name in sorted(tensors):
        digest.update(f"{name} {tensors[name].dtype} {list(tensors[name].shape)}".encode())
        digest.update(tensors[name].reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def optimiser_standing(optimiser: torch.optim.Optimizer) -> Standing:
    """The state of an optimiser of one group of weights."""
    state = optimiser.state_dict()
    tensors = {
        f"{_OPTIMISER}{weight}.{name}": tensor
        for weight, held in state["state"].items()
        for name, tensor in held.items()
    }
    return Standing(tensors, {"groups": state["param_groups"]})


def restore_optimiser(optimiser: torch.optim.Optimizer, standing: Standing, groups: Any) -> None:
    """Puts an optimiser where `optimiser_standing` found it."""
    state: dict[int, dict[str, Tensor]] = {}
    for key, tensor in under(_OPTIMISER, standing.tensors).items():
        weight, _, name = key.partition(".")
        state.setdefault(int(weight), {})[name] = tensor
    optimiser.load_state_dict({"state": state, "param_groups": groups})


def under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors whose names begin so, by the rest of their names."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def named(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors by their names with the prefix before them."""
    return {prefix + name: tensor for name, tensor in tensors.items()}
