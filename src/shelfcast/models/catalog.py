"""The fitted catalog model: a network shared by all products, run over them in blocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..crops import Crop, Inputs, Shelf
from ..errors import HistoryError, ModelFolderError, SalesError
from ..features.recent import MEAN_NAMES
from ..networks.catalog import OUTPUTS, CatalogNetwork
from ..panel import Floats, Panel
from ..recipe import LONGEST_HORIZON, CatalogRecipe
from ..training import TrainingRun
from ..windows import Split
from .catalog_training import fit_network, next_days

_BLOCK = 1024  # products whose channels stand in memory at a time


class CatalogModel:
    """A shared network and the groups that its products belong to.

    Attributes:
        recipe: what it was made by.
        products: `[N]` sorted names, in the order of their embeddings.
        groups: `[N, A]` of each attribute, in sorted order of their names, the row of the product's value.
        network: on `device`.
        block: products that run through the network at a time.
    """

    def __init__(
        self,
        recipe: CatalogRecipe,
        products: NDArray[np.str_],
        groups: NDArray[np.int64],
        network: CatalogNetwork,
        device: torch.device,
    ) -> None:
        self.recipe, self.products, self.groups = recipe, products, groups
        self.network, self.device = network.to(device).eval(), device
        self.block = _BLOCK

    @classmethod
    def fit(
        cls,
        panel: Panel,
        recipe: CatalogRecipe,
        split: Split,
        device: torch.device,
    ) -> tuple[Self, TrainingRun]:
        """A model fitted on `split.fitted`; validation and test days are only watched.

        Args:
            panel: `[N, T]`.
            split: days of the panel.
        """
        groups = group_rows(panel)
        network = _new_network(recipe, len(panel.products), groups)
        model = cls(recipe, panel.products, groups, network, device)
        totals = Shelf.totals_of(panel, groups, recipe.seq_len, recipe.horizon, device)
        shelf = Shelf(panel, groups, totals, slice(None), recipe.seq_len, recipe.horizon)
        return model, fit_network(model.network, shelf, split, recipe)

    def forecast(self, panel: Panel, days: int) -> Floats:
        """The mean of the last `days` days that the panel lets us forecast; the last of them is tomorrow.

        The origin rolls: the forecast of each day uses the sales of the days before it, and no others. One
        pass runs over all origins, from `seq_len - 1` days before the first of them on.

        Args:
            panel: `[N, T]`, the model's products; `T` at least `days`.

        Returns:
            `[N, days]` units, never negative.

        Raises:
            SalesError: other products than the model's.
            HistoryError: too few days.
        """
        return self.next_days(panel, days)["mean"]

    def next_days(self, panel: Panel, days: int) -> dict[str, Floats]:
        """As `forecast`, with all outputs: `[N, days]` units for each of `OUTPUTS`."""
        blocks = []
        for crop in self._crops(panel, days, horizon=1):
            with torch.inference_mode():
                near, _ = next_days(self.network, crop)
                blocks.append((near[:, -days:] * crop.level[:, -days:, None]).cpu())
        return _by_output(torch.cat(blocks))

    def ahead(self, panel: Panel, horizon: int) -> dict[str, Floats]:
        """The days after the panel's last, all from that origin in one pass.

        Args:
            panel: `[N, T]`, the model's products.
            horizon: 1 to 90 days.

        Returns:
            `[N, horizon]` units for each of `OUTPUTS`; none is negative and the quantiles never cross.

        Raises:
            SalesError: other products than the model's.
            HistoryError: a horizon that cannot be had.
        """
        if not 1 <= horizon <= LONGEST_HORIZON:
            raise HistoryError(f"A horizon of {horizon} days cannot be had.", f"Choose 1 to {LONGEST_HORIZON} days.")
        horizons = torch.arange(1, horizon + 1, device=self.device)
        blocks = []
        for crop in self._crops(panel, 1, horizon):
            with torch.inference_mode():
                near, state = next_days(self.network, crop)
                origin = torch.tensor([near.shape[1] - 1], device=self.device)
                channels, dates = crop.ahead(origin, horizons)
                means = crop.channels[:, origin, : len(MEAN_NAMES)]
                next_mean = near[:, origin, 0]
                far = self.network.ahead(state[:, origin], means, next_mean, channels, dates, horizons)[:, 0]
                both = torch.cat([near[:, -1:], far[:, 1:]], dim=1)  # the next day is the near head's
                blocks.append((both * crop.level[:, -1:, None]).cpu())
        return _by_output(torch.cat(blocks))

    def extended(self, panel: Panel) -> CatalogModel:
        """The model for the panel's products, without any training.

        Products and groups that it knows keep their embeddings; new ones are told by zeros, which the network
        has learnt to do with. Products that the panel lacks are dropped. As the totals of the catalog change
        with its products, the forecasts of the others may move a little.

        Raises:
            SalesError: the products have other attributes than the model's.
        """
        A = self.groups.shape[1]
        if len(panel.attributes) != A:
            raise SalesError(
                f"The model's products have {A} attributes, those of these sales {len(panel.attributes)}.",
                "Give sales with the same key columns.",
            )
        known = np.isin(panel.products, self.products)
        old_rows = np.searchsorted(self.products, panel.products[known])
        groups = group_rows(panel)
        network = _new_network(self.recipe, len(panel.products), groups)
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
        return CatalogModel(self.recipe, panel.products, groups, network, self.device)

    def to_tensors(self) -> dict[str, Tensor]:
        """Everything that `from_tensors` needs to make the same model again, bit for bit."""
        weights = {f"network.{name}": w.detach().cpu().contiguous() for name, w in self.network.state_dict().items()}
        return weights | {"groups": torch.from_numpy(self.groups)}

    @classmethod
    def from_tensors(
        cls,
        tensors: Mapping[str, Tensor],
        recipe: CatalogRecipe,
        products: NDArray[np.str_],
        device: torch.device,
    ) -> Self:
        """The model that `to_tensors` described.

        Raises:
            ModelFolderError: a tensor is missing, unknown, or of another shape or type than the recipe's.
        """
        stored = tensors.get("groups")
        if stored is None or stored.ndim != 2 or stored.dtype != torch.int64 or len(stored) != len(products):
            raise ModelFolderError("The weights do not fit the recipe and the products: groups.")
        groups = stored.numpy()
        network = _new_network(recipe, len(products), groups)
        expected = {f"network.{name}": w.shape for name, w in network.state_dict().items()}
        found = {name: t.shape for name, t in tensors.items() if name != "groups" and t.dtype == torch.float32}
        if found != expected or len(found) + 1 != len(tensors):
            names = (expected.keys() | tensors.keys()) - {"groups"}
            wrong = sorted(name for name in names if found.get(name) != expected.get(name))
            raise ModelFolderError(f"The weights do not fit the recipe and the products: {', '.join(wrong[:5])}.")
        network.load_state_dict({name.removeprefix("network."): tensors[name] for name in expected})
        return cls(recipe, products, groups, network, device)

    def _crops(self, panel: Panel, origins: int, horizon: int) -> Iterator[Crop]:
        """The last `origins` origins of all products and the days before them, a block of products at a time."""
        if not np.array_equal(panel.products, self.products):
            raise SalesError("The panel's products are not the model's.", "Select or extend first.")
        N, T = panel.sales.shape
        if not 1 <= origins <= T:
            raise HistoryError(f"A forecast of {origins} days needs as many days of sales; there are {T}.")
        L = self.recipe.seq_len
        totals = Shelf.totals_of(panel, self.groups, L, horizon, self.device)
        for start in range(0, N, self.block):
            rows = slice(start, min(start + self.block, N))
            shelf = Shelf(panel, self.groups, totals, rows, L, horizon)
            products = torch.arange(len(shelf.sales), device=self.device)
            first = torch.full_like(products, T - origins - L + 1)
            yield shelf.crop(products, first, L + origins - 1)


def group_rows(panel: Panel) -> NDArray[np.int64]:
    """`[N, A]`: a number from 1 on for each value of each attribute, attributes and values in sorted order."""
    columns, taken = [], 1
    for name in sorted(panel.attributes):
        values, rows = np.unique(panel.attributes[name], return_inverse=True)
        columns.append(rows + taken)
        taken += len(values)
    return np.column_stack(columns).astype(np.int64) if columns else np.zeros((len(panel.products), 0), np.int64)


def _by_output(units: Tensor) -> dict[str, Floats]:
    """`[N, days, Q]` as `[N, days]` for each of `OUTPUTS`."""
    return {name: np.ascontiguousarray(units[:, :, q].numpy()) for q, name in enumerate(OUTPUTS)}


def _new_network(recipe: CatalogRecipe, products: int, groups: NDArray[np.int64]) -> CatalogNetwork:
    """Random weights by the recipe's seed; the caller's random state is left alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        return CatalogNetwork(
            Inputs.of(groups.shape[1]),
            products,
            int(groups.max(initial=0)) + 1,
            filters=recipe.filters,
            kernel_size=recipe.kernel_size,
            hidden=recipe.hidden,
            embedding=recipe.embedding,
            calendar=recipe.calendar,
            head=recipe.head,
        )
