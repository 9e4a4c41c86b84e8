"""Fitted models: what a recipe becomes when it has seen a panel; one file a recipe, behind the same methods."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from ..panel import Panel
from ..recipe import CatalogRecipe, Recipe
from ..training import TrainingRun
from ..windows import Split
from .catalog import CatalogModel
from .classic import ClassicModel

Model = ClassicModel | CatalogModel


def fit_model(
    panel: Panel, recipe: Recipe, split: Split, device: torch.device, start: Model | None = None
) -> tuple[Model, TrainingRun]:
    """The model of that recipe, fitted on `split.fitted`; a classic one goes on from `start`, if given."""
    if isinstance(recipe, CatalogRecipe):
        return CatalogModel.fit(panel, recipe, split, device)
    return ClassicModel.fit(panel, recipe, split, device, start if isinstance(start, ClassicModel) else None)


def model_from_tensors(tensors: Mapping[str, Tensor], recipe: Recipe, panel: Panel, device: torch.device) -> Model:
    """The model of that recipe that `to_tensors` described, for the products of the panel kept with it.

    Raises:
        ModelFolderError: a tensor is missing, unknown, or of another shape or type than the recipe's.
    """
    if isinstance(recipe, CatalogRecipe):
        return CatalogModel.from_tensors(tensors, recipe, panel, device)
    return ClassicModel.from_tensors(tensors, recipe, panel.products, device)
