"""The fitted catalog model: a network shared by all products, run over them in blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from ..checkpoint import Checkpoint
from ..covariates import CovariateNames
from ..crops import Context, Crop, Inputs, Shelf
from ..errors import HistoryError, ModelFolderError, SalesError
from ..features.feasts import Feasts
from ..networks.catalog import OUTPUTS, CatalogNetwork, Memory
from ..panel import Days, Floats, Panel
from ..recipe import LONGEST_HORIZON, CatalogRecipe
from ..training import TrainingRun
from ..windows import Split
from .calibration import FAR, NEAR, Calibration
from .catalog_training import calibrate, far_days, fit_network, next_days

_BLOCK = 1024  # products whose channels stand in memory at a time
_MOST_ON_GPU, _MEMORY = 65_536, 1 << 19  # on a GPU: as many as it has room for, at so many bytes each


class CatalogModel:
    """A shared network and the groups that its products belong to.

    Attributes:
        recipe: what it was made by.
        products: `[N]` sorted names, in the order of their embeddings.
        groups: `[N, A]` of each attribute, in sorted order of their names, the row of the product's value.
        covariates: what it was fitted with, and needs to forecast.
        network: on `device`.
        calibration: of its intervals.
        fitted: `[2]` the first and the last day of the fit.
        feasts: that were found in the days up to the last of these.
        block: products that run through the network at a time.
    """

    def __init__(
        self,
        recipe: CatalogRecipe,
        products: NDArray[np.str_],
        groups: NDArray[np.int64],
        covariates: CovariateNames,
        network: CatalogNetwork,
        calibration: Calibration,
        fitted: Days,
        feasts: Feasts,
        device: torch.device,
    ) -> None:
        self.recipe, self.products, self.groups, self.covariates = recipe, products, groups, covariates
        self.calibration, self.fitted, self.feasts = calibration, fitted, feasts
        self.network, self.device = network.to(device).eval(), device
        self.block = _block(device)

    @classmethod
    def fit(
        cls,
        panel: Panel,
        recipe: CatalogRecipe,
        split: Split,
        device: torch.device,
        checkpoint: Checkpoint | None = None,
    ) -> tuple[Self, TrainingRun]:
        """A model fitted on `split.fitted`; its intervals are calibrated on `split.validation` or, where there are no
        such days, on the last fitted ones.

        Args:
            panel: `[N, T]`.
            split: days of the panel; test days are only watched.
            checkpoint: where the run goes on from, and is kept.
        """
        groups, names, feasts = group_rows(panel), panel.covariate_names, _feasts(panel, split.fitted)
        network = _new_network(recipe, len(panel.products), groups, names, feasts)
        days = split.fitted[-recipe.history_days :]
        fitted = panel.dates[[days.start, days.stop - 1]]
        model = cls(recipe, panel.products, groups, names, network, Calibration.none(), fitted, feasts, device)
        context = Context(panel, groups, recipe.seq_len, recipe.horizon, fitted, device, feasts)
        run, shelf = fit_network(model.network, context, split, recipe, checkpoint or Checkpoint.none())
        run = replace(run, feasts=tuple(feasts.names))
        whole = panel.in_whole_units(split.fitted)
        model.calibration = calibrate(model.network, shelf, split, recipe, whole)
        return model, run

    def next_days(self, panel: Panel, days: int) -> dict[str, Floats]:
        """The last `days` days that the panel lets us forecast; the last of them is tomorrow.

        The origin rolls: the forecast of each day uses the sales of the days before it, and no others. One
        pass runs over all origins, from `seq_len - 1` days before the first of them on.

        Args:
            panel: `[N, T]`, the model's products; `T` at least `days`.

        Returns:
            `[N, days]` units for each of `OUTPUTS`; none is negative and the quantiles never cross.

        Raises:
            SalesError: other products than the model's.
            HistoryError: too few days.
        """
        return by_output(self._next_days_by_block(panel, days), len(panel.products))

    def _next_days_by_block(self, panel: Panel, days: int) -> Iterator[Tensor]:
        """`[B, days, Q]` units."""
        for crop in self.crops(panel, days, horizon=1):
            with torch.inference_mode():
                near = next_days(self.network, crop, days)[0]
                level = crop.scale[:, -days:]
                units = self.calibration.apply(near, level, NEAR)
            yield units

    def ahead(self, panel: Panel, horizon: int) -> dict[str, Floats]:
        """The days after the panel's last, all from that origin in one pass.

        Args:
            panel: `[N, T]`, the model's products.
            horizon: 1 to 90 days.

        Returns:
            `[N, horizon]` units for each of `OUTPUTS`; none is negative and the quantiles never cross.

        Raises:
            SalesError: other products or covariates than the model's.
            HistoryError: a horizon that cannot be had.
        """
        return by_output(self.ahead_by_block(panel, horizon), len(panel.products))

    def ahead_by_block(self, panel: Panel, horizon: int) -> Iterator[Tensor]:
        """As `ahead`, a block of products at a time, in their order: `[B, horizon, Q]` units, on the device."""
        return (units for units, _ in self._remembered(panel, horizon))

    def ahead_and_memory(self, panel: Panel, horizon: int) -> tuple[dict[str, Floats], Memory]:
        """As `ahead`, and what the network remembers of the `seq_len - 1` days before the panel's last: a pass over
        the last day and later ones may go on from there.
        """
        N = len(panel.products)
        whole = Memory(*(torch.empty(N, *part.shape[1:]) for part in self.network.no_memory(0)))

        def units() -> Iterator[Tensor]:
            start = 0
            for said, memory in self._remembered(panel, horizon):
                for kept, part in zip(whole, memory, strict=True):
                    kept[start : start + len(part)] = part
                start += len(said)
                yield said

        return by_output(units(), N), whole

    def _remembered(self, panel: Panel, horizon: int) -> Iterator[tuple[Tensor, Memory]]:
        """`[B, horizon, Q]` units of each block, and the memory of the origins before the last."""
        require_horizon(horizon)
        for crop in self.crops(panel, 1, horizon):
            with torch.inference_mode():
                near, state, memory = next_days(self.network, crop, 1)
                units = self.ahead_of_last(crop, near, state, horizon)
            yield units, memory

    def ahead_of_last(self, crop: Crop, near: Tensor, state: Tensor, horizon: int) -> Tensor:
        """The days ahead of the last origin of a crop.

        Args:
            near: `[B, J, Q]`, state: `[B, J, S]`, as the network gave them of origins up to that one.

        Returns:
            `[B, horizon, Q]` units.
        """
        level = crop.scale[:, -1:]
        tomorrow = self.calibration.apply(near[:, -1:], level, NEAR)  # the next day is the near head's
        if horizon > 1:
            origin = torch.tensor([crop.level.shape[1] - 1], device=self.device)
            horizons = torch.arange(1, horizon + 1, device=self.device)
            far = far_days(self.network, crop, near[:, -1:], state[:, -1:], origin, horizons)[:, 0]
            after = self.calibration.apply(far[:, 1:], crop.scale_ahead(origin, horizons)[:, 0, 1:], FAR)
            tomorrow = torch.cat([tomorrow, after], dim=1)
        return tomorrow

    def extended(self, panel: Panel) -> CatalogModel:
        """The model for the panel's products, without any training.

        Products and groups that it knows keep their embeddings; new ones are told by zeros, which the network
        has learnt to do with. Products that the panel lacks are dropped. As the totals of the catalog change
        with its products, the forecasts of the others may move a little.

        Raises:
            SalesError: the products have other attributes or covariates than the model's.
        """
        A = self.groups.shape[1]
        if len(panel.attributes) != A:
            raise SalesError(
                f"The model's products have {A} attributes, those of these sales {len(panel.attributes)}.",
                "Give sales with the same key columns.",
            )
        self.require(self.products, panel.covariate_names)
        known = np.isin(panel.products, self.products)
        old_rows = np.searchsorted(self.products, panel.products[known])
        groups = group_rows(panel)
        network = _new_network(self.recipe, len(panel.products), groups, self.covariates, self.feasts)
        weights, carried = network.state_dict(), self.network.state_dict()
        for name, weight in weights.items():
            source = carried[name].cpu()
            if name == "product_embedding.weight":
                weight.zero_()
                weight[np.flatnonzero(known)] = source[old_rows]
            elif name == "group_embedding.weight":
                weight.zero_()
                weight[groups[known].ravel()] = source[self.groups[old_rows].ravel()]
            else:
                weight.copy_(source)
        return CatalogModel(
            self.recipe,
            panel.products,
            groups,
            self.covariates,
            network,
            self.calibration,
            self.fitted,
            self.feasts,
            self.device,
        )

    def to_tensors(self) -> dict[str, Tensor]:
        """Everything that `from_tensors` needs to make the same model again, bit for bit."""
        weights = {f"network.{name}": w.detach().cpu().contiguous() for name, w in self.network.state_dict().items()}
        calibration = {"calibration": self.calibration.stretch, "whole": torch.tensor(float(self.calibration.whole))}
        days = {
            "groups": torch.from_numpy(self.groups),
            "fitted": torch.from_numpy(self.fitted.astype(np.int64)).float(),
        }
        found = {"feasts": torch.from_numpy(self.feasts.rules)} if len(self.feasts.rules) else {}
        return weights | calibration | days | found

    @classmethod
    def from_tensors(
        cls,
        tensors: Mapping[str, Tensor],
        recipe: CatalogRecipe,
        panel: Panel,
        device: torch.device,
    ) -> Self:
        """The model that `to_tensors` described, for the products and covariates of the panel kept with it.

        Raises:
            ModelFolderError: a tensor is missing, unknown, or of another shape or type than the recipe's.
        """
        groups = group_rows(panel)
        stored = tensors.get("groups")
        if stored is None or stored.dtype != torch.int64 or not np.array_equal(stored.numpy(), groups):
            raise ModelFolderError("The weights do not fit the recipe and the products: groups.")
        rules = tensors.get("feasts")
        feasts = Feasts.none() if rules is None else Feasts(rules.numpy())
        if not feasts.are_sound:
            raise ModelFolderError("The weights do not fit the recipe and the products: feasts.")
        with torch.device("meta"), _Undrawn():  # takes no memory until the shapes are known to be those of the file
            network = _new_network(recipe, len(panel.products), groups, panel.covariate_names, feasts)
        expected = {f"network.{name}": w.shape for name, w in network.state_dict().items()}
        expected |= {"calibration": Calibration.none().stretch.shape, "whole": torch.Size(), "fitted": torch.Size([2])}
        others = {"groups", "feasts"} & tensors.keys()
        found = {name: t.shape for name, t in tensors.items() if name not in others and t.dtype == torch.float32}
        if found != expected or len(found) + len(others) != len(tensors):
            names = (expected.keys() | tensors.keys()) - others
            wrong = sorted(name for name in names if found.get(name) != expected.get(name))
            raise ModelFolderError(f"The weights do not fit the recipe and the products: {', '.join(wrong[:5])}.")
        weights = {name: tensors[f"network.{name}"].clone() for name in network.state_dict()}
        network.load_state_dict(weights, assign=True)
        calibration = Calibration(tensors["calibration"], bool(tensors["whole"]))
        fitted = tensors["fitted"].long().numpy().astype("datetime64[D]")  # counted from 1970 on
        told = panel.covariate_names
        return cls(recipe, panel.products, groups, told, network, calibration, fitted, feasts, device)

    def require(self, products: NDArray[np.str_], covariates: CovariateNames) -> None:
        """Raises: SalesError: other products or covariates than the model's."""
        if not np.array_equal(products, self.products):
            raise SalesError("The panel's products are not the model's.", "Select or extend first.")
        if covariates != self.covariates:
            raise SalesError(
                f"The model was fitted with {self.covariates}; these sales come with {covariates}.",
                "Give the same prices, signals and events, or train again.",
            )

    def crops(self, panel: Panel, origins: int, horizon: int) -> Iterator[Crop]:
        """The last `origins` origins of all products and the days before them, a block of products at a time.

        Raises:
            SalesError, HistoryError: as `ahead`.
        """
        self.require(panel.products, panel.covariate_names)
        N, T = panel.sales.shape
        if not 1 <= origins <= T:
            raise HistoryError(f"A forecast of {origins} days needs as many days of sales; there are {T}.")
        L = self.recipe.seq_len
        context = Context(panel, self.groups, L, horizon, self.fitted, self.device, self.feasts)
        for start in range(0, N, self.block):
            shelf = Shelf(context, slice(start, min(start + self.block, N)))
            products = torch.arange(len(shelf.sales), device=self.device)
            first = torch.full_like(products, T - origins - L + 1)
            yield shelf.crop(products, first, L + origins - 1)


class _Undrawn(TorchFunctionMode):
    """Weights stay as they are: to draw some that take no memory, PyTorch would load its compiler, for seconds."""

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        return kwargs["tensor"] if function is nn.init.normal_ else function(*args, **kwargs)


def require_horizon(horizon: int) -> None:
    """Raises: HistoryError: it cannot be had."""
    if not 1 <= horizon <= LONGEST_HORIZON:
        raise HistoryError(f"A horizon of {horizon} days cannot be had.", f"Choose 1 to {LONGEST_HORIZON} days.")


def group_rows(panel: Panel) -> NDArray[np.int64]:
    """`[N, A]`: a number from 1 on for each value of each attribute, attributes and values in sorted order."""
    columns, taken = [], 1
    for name in sorted(panel.attributes):
        values, rows = np.unique(panel.attributes[name], return_inverse=True)
        columns.append(rows + taken)
        taken += len(values)
    return np.column_stack(columns).astype(np.int64) if columns else np.zeros((len(panel.products), 0), np.int64)


def _feasts(panel: Panel, fitted: range) -> Feasts:
    """Those of the days to be fitted on, beside the events that are named."""
    days = slice(0, fitted.stop)
    events = {} if panel.covariates is None else panel.covariates.events
    return Feasts.found(
        panel.sales[:, days].sum(axis=0, dtype=np.float64),
        panel.closed[days],
        panel.dates[days],
        {name: flags[days] for name, flags in events.items()},
    )


def by_output(blocks: Iterable[Tensor], products: int) -> dict[str, Floats]:
    """Blocks `[B, days, Q]` of `N` products in a row as `[N, days]` for each of `OUTPUTS`; nothing is held twice."""
    outputs: dict[str, Tensor] = {}
    start = 0
    for block in blocks:
        if not outputs:  # in pinned memory, a block is copied while the next one is computed
            outputs = {name: torch.empty(products, block.shape[1], pin_memory=block.is_cuda) for name in OUTPUTS}
        for q, name in enumerate(OUTPUTS):
            outputs[name][start : start + len(block)].copy_(block[:, :, q], non_blocking=True)
        start += len(block)
    if any(units.is_pinned() for units in outputs.values()):
        torch.cuda.synchronize()
    return {name: units.numpy() for name, units in outputs.items()}


def _block(device: torch.device) -> int:
    """Products to be run at a time: few stay in the caches of a CPU, many fill a GPU."""
    if device.type != "cuda":
        return _BLOCK
    free, _ = torch.cuda.mem_get_info(device)
    return min(max(free // _MEMORY, _BLOCK), _MOST_ON_GPU)


def _new_network(
    recipe: CatalogRecipe, products: int, groups: NDArray[np.int64], covariates: CovariateNames, feasts: Feasts
) -> CatalogNetwork:
    """Random weights by the recipe's seed; the caller's random state is left alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        return CatalogNetwork(
            Inputs.of(groups.shape[1], covariates, len(feasts.rules)),
            products,
            int(groups.max(initial=0)) + 1,
            filters=recipe.filters,
            kernel_size=recipe.kernel_size,
            hidden=recipe.hidden,
            embedding=recipe.embedding,
            calendar=recipe.calendar,
            head=recipe.head,
        )
