"""Forward and backward of a training step, on a GPU recorded once and replayed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

_WARM_UP = 3  # steps before one is recorded, in which libraries choose their kernels

Step = Callable[..., tuple[Tensor, ...]]


class _Taken(NamedTuple):
    graph: torch.cuda.CUDAGraph
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    gradients: list[Tensor | None]


class Recording:
    """Runs a step and leaves its gradients in the weights.

    A step of the catalog network is some two thousand kernels, so small that a GPU waits for each to be launched for
    longer than it runs. So there the whole step is recorded as a CUDA graph, for each set of shapes of its inputs
    after a few steps that are run as they are, and replayed with other inputs. Elsewhere every step is run as it is.

    Args:
        step: from inputs on the device to outputs there that need no gradient; it calls `backward`, never waits for
            the device, and takes all that changes from step to step as an input.
        weights: whose gradients it leaves.
    """

    def __init__(self, step: Step, weights: Sequence[nn.Parameter], device: torch.device) -> None:
        self._step, self._weights, self._device = step, weights, device
        self._run: Counter[tuple[torch.Size, ...]] = Counter()
        self._taken: dict[tuple[torch.Size, ...], _Taken] = {}

    def __call__(self, inputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """The step's outputs; those of a replayed one hold until the next.

        Args:
            inputs: on the CPU.
        """
        if self._device.type != "cuda":
            return self._as_it_is(inputs)
        shapes = tuple(value.shape for value in inputs)
        if shapes not in self._taken:
            self._run[shapes] += 1
            if self._run[shapes] <= _WARM_UP:
                return self._beside(inputs)
            self._taken[shapes] = self._take(inputs)
        taken = self._taken[shapes]
        for place, value in zip(taken.inputs, inputs, strict=True):
            place.copy_(value)
        taken.graph.replay()
        for weight, gradient in zip(self._weights, taken.gradients, strict=True):
            weight.grad = gradient
        return taken.outputs

    def _as_it_is(self, inputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
        self._forget_gradients()
        return self._step(*(value.to(self._device) for value in inputs))

    def _beside(self, inputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """In a stream of its own, as what is to be recorded has to be warmed."""
        current = torch.cuda.current_stream(self._device)
        stream = torch.cuda.Stream(self._device)  # type: ignore[no-untyped-call]
        stream.wait_stream(current)
        with torch.cuda.stream(stream):
            outputs = self._as_it_is(inputs)
        current.wait_stream(stream)
        return outputs

    def _take(self, inputs: Sequence[Tensor]) -> _Taken:
        """Records a step without running it."""
        placed = tuple(value.to(self._device) for value in inputs)
        self._forget_gradients()  # so that the recorded step writes them and adds to none
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            outputs = self._step(*placed)
        return _Taken(graph, placed, outputs, [weight.grad for weight in self._weights])

    def _forget_gradients(self) -> None:
        for weight in self._weights:
            weight.grad = None
