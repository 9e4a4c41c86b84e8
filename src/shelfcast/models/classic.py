"""The fitted classic model: scaling and network together, from a panel in units to a forecast in units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader

from ..checkpoint import Checkpoint
from ..errors import HistoryError, ModelFolderError, SalesError
from ..features.calendar import CALENDAR_NAMES
from ..features.demand import LOOKS_BACK
from ..networks.classic import ClassicNetwork
from ..panel import Floats, Panel
from ..recipe import ClassicRecipe
from ..training import TrainingRun, train
from ..windows import Scaling, Split, Windows, make_rows, make_targets


class ClassicModel:
    """A joint network and the scaling it was fitted with.

    Attributes:
        recipe: what it was made by.
        products: `[N]` sorted names; inputs and outputs are in this order.
        scaling: of features and targets.
        network: on `device`.
    """

    def __init__(
        self,
        recipe: ClassicRecipe,
        products: NDArray[np.str_],
        scaling: Scaling,
        network: ClassicNetwork,
        device: torch.device,
    ) -> None:
        self.recipe, self.products, self.scaling = recipe, products, scaling
        self.network, self.device = network.to(device), device

    @classmethod
    def fit(
        cls,
        panel: Panel,
        recipe: ClassicRecipe,
        split: Split,
        device: torch.device,
        start: Self | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> tuple[Self, TrainingRun]:
        """A model fitted on `split.fitted`, its epoch chosen on `split.validation`; `split.test` is only watched.

        Args:
            panel: `[N, T]`.
            split: days of the panel; without validation days, the last epoch is kept.
            start: a model of the same products to go on from, with its scaling.
            checkpoint: where the run goes on from, and is kept.
        """
        rows, units = make_rows(panel, recipe), make_targets(panel)  # [rows, F], [T, N]
        first_day = max(recipe.lags)
        if start is None:
            fitted_days = slice(split.fitted.start, split.fitted.stop)
            scaling = Scaling.fit(
                rows[split.fitted.start - first_day : split.fitted.stop - first_day],
                units[fitted_days],
            )
            model = cls(recipe, panel.products, scaling, _new_network(recipe, len(panel.products)), device)
        else:
            model = cls(recipe, panel.products, start.scaling, start.network, device)
        inputs = torch.from_numpy(model.scaling.features.transform(rows))
        targets = torch.from_numpy(model.scaling.targets.transform(units))
        shuffling = torch.Generator().manual_seed(recipe.seed)

        def batches(days: range, shuffle: bool) -> DataLoader[tuple[Tensor, Tensor]]:
            windows = Windows(inputs, targets, days, first_day, recipe.seq_len)
            # a loader without a generator of its own would draw from the caller's random state
            generator = shuffling if shuffle else torch.Generator()
            return DataLoader(windows, recipe.batch_size, shuffle=shuffle, generator=generator)

        watched = {"validation": split.validation, "test": split.test}
        training = batches(split.fitted, shuffle=True)
        run = train(
            model.network,
            training,
            {part: batches(days, shuffle=False) for part, days in watched.items() if days},
            epochs=recipe.most_epochs(len(training)),
            patience=recipe.patience,
            learning_rate=recipe.learning_rate,
            device=device,
            label="choosing the epoch" if split.validation else "fitting on all days",
            shuffling=shuffling,
            checkpoint=checkpoint or Checkpoint.none(),
        )
        return model, run

    def forecast(self, panel: Panel, days: int) -> Floats:
        """Demand on the last `days` days that the panel lets us forecast; the last of them is tomorrow.

        The origin rolls: the forecast of each day uses the sales of the days before it, and no others.

        Args:
            panel: `[N, T]`, the model's products; `T` at least `recipe.context_days + days - 1`.

        Returns:
            `[N, days]` units, never negative.

        Raises:
            SalesError: other products than the model's.
            HistoryError: too few days.
        """
        if not np.array_equal(panel.products, self.products):
            raise SalesError("The panel's products are not the model's.", "Select or extend first.")
        needed, T = self.recipe.context_days + days - 1, len(panel.dates)
        if needed > T:
            raise HistoryError(f"A forecast of {days} days needs {needed} days of sales; there are {T}.")
        told = make_rows(panel.tail(needed + LOOKS_BACK), self.recipe)[-(self.recipe.seq_len + days - 1) :]
        rows = torch.from_numpy(self.scaling.features.transform(told))  # [L + days - 1, F]
        windows = rows.unfold(0, self.recipe.seq_len, 1).transpose(1, 2)  # [days, F, L] -> [days, L, F], a view
        self.network.eval()
        with torch.inference_mode():
            scaled = [
                self.network(block.to(self.device)).cpu() for block in torch.split(windows, self.recipe.batch_size)
            ]
        units = self.scaling.targets.inverse_transform(torch.cat(scaled).numpy())  # [days, N]
        return np.ascontiguousarray(np.maximum(units, 0).T, dtype=np.float32)

    def next_days(self, panel: Panel, days: int) -> dict[str, Floats]:
        """As `forecast`, under the name of the one output: `mean`."""
        return {"mean": self.forecast(panel, days)}

    def ahead(self, panel: Panel, horizon: int) -> dict[str, Floats]:
        """The day after the panel's last: `[N, 1]` units, as `mean`.

        Raises:
            HistoryError: more than one day is asked for, or too few are known.
        """
        if horizon != 1:
            raise HistoryError(
                f"A classic model forecasts one day, not {horizon}.",
                "Train the recipe catalog for more, or ask for a horizon of 1.",
            )
        return {"mean": self.forecast(panel, days=1)}

    def extended(self, panel: Panel) -> ClassicModel:
        """The model for the panel's products, before any training on them.

        Products it knows keep their weights and their scaler columns. New ones get scaler columns from the
        panel, inputs of zero weight, so that no other forecast moves, and random outputs. Products that the
        panel lacks are dropped, their inputs with them, which may move the forecasts of the others.
        """
        N, lags = len(panel.products), len(self.recipe.lags)
        known = np.isin(panel.products, self.products)
        new_at = np.flatnonzero(known)
        old_at = np.searchsorted(self.products, panel.products[known])
        new_columns = _input_columns(new_at, lags, N)
        old_columns = _input_columns(old_at, lags, len(self.products))

        arrays = Scaling.fit(make_rows(panel, self.recipe)[:-1], make_targets(panel)).to_arrays()
        for name, old in self.scaling.to_arrays().items():
            to, of = (new_columns, old_columns) if name.startswith("features") else (new_at, old_at)
            arrays[name][to] = old[of]

        network = _new_network(self.recipe, N)
        weights, carried = network.state_dict(), self.network.state_dict()
        for name, weight in weights.items():
            source = carried[name].cpu()
            if name == "convolutions.0.weight":  # [filters, F, kernel]
                weight.zero_()
                weight[:, new_columns] = source[:, old_columns]
            elif name.startswith("dense."):  # [N, ...]
                weight[new_at] = source[old_at]
            else:
                weight.copy_(source)
        return ClassicModel(self.recipe, panel.products, Scaling.from_arrays(arrays), network, self.device)

    def to_tensors(self) -> dict[str, Tensor]:
        """Everything that `from_tensors` needs to make the same model again, bit for bit."""
        weights = {f"network.{name}": w.detach().cpu().contiguous() for name, w in self.network.state_dict().items()}
        return weights | {f"scaling.{name}": torch.from_numpy(a) for name, a in self.scaling.to_arrays().items()}

    @classmethod
    def from_tensors(
        cls,
        tensors: Mapping[str, Tensor],
        recipe: ClassicRecipe,
        products: NDArray[np.str_],
        device: torch.device,
    ) -> Self:
        """The model that `to_tensors` described.

        Raises:
            ModelFolderError: a tensor is missing, unknown, or of another shape or type than the recipe's.
        """
        with torch.device("meta"):  # takes no memory until the shapes are known to be those of the file
            network = _new_network(recipe, len(products))
        F, N = len(products) * len(recipe.lags) + len(CALENDAR_NAMES), len(products)
        expected = {f"network.{name}": w.shape for name, w in network.state_dict().items()}
        for part, width in (("features", F), ("targets", N)):
            expected |= {f"scaling.{part}_{bound}": torch.Size([width]) for bound in ("min", "max")}
        found = {name: t.shape for name, t in tensors.items() if t.dtype == torch.float32}
        if found != expected or len(found) != len(tensors):
            wrong = sorted(name for name in expected.keys() | tensors.keys() if found.get(name) != expected.get(name))
            raise ModelFolderError(f"The weights do not fit the recipe and the products: {', '.join(wrong[:5])}.")
        groups: dict[str, dict[str, Tensor]] = {"network": {}, "scaling": {}}
        for name, tensor in tensors.items():
            group, _, key = name.partition(".")
            groups[group][key] = tensor
        network.load_state_dict({name: weight.clone() for name, weight in groups["network"].items()}, assign=True)
        scaling = Scaling.from_arrays({name: t.numpy() for name, t in groups["scaling"].items()})
        return cls(recipe, products, scaling, network, device)


def _input_columns(products: NDArray[np.intp], lags: int, of: int) -> NDArray[np.intp]:
    """The feature columns of these products among `of` products, and the calendar's, which come last."""
    own = (products[:, None] * lags + np.arange(lags)).ravel()
    return np.concatenate([own, of * lags + np.arange(len(CALENDAR_NAMES))])


def _new_network(recipe: ClassicRecipe, products: int) -> ClassicNetwork:
    """Random weights by the recipe's seed; the caller's random state is left alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        return ClassicNetwork(
            features=products * len(recipe.lags) + len(CALENDAR_NAMES),
            products=products,
            filters=recipe.filters,
            kernel_size=recipe.kernel_size,
            conv_layers=recipe.conv_layers,
            hidden=recipe.hidden,
        )
