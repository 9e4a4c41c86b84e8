"""Fitted models: what a recipe becomes when it has seen a panel; one file a recipe, behind the same methods."""

from __future__ import annotations

from ..recipe import CatalogRecipe, ClassicRecipe
from .catalog import CatalogModel
from .classic import ClassicModel

Model = ClassicModel | CatalogModel
MODELS: dict[str, type[Model]] = {ClassicRecipe.name: ClassicModel, CatalogRecipe.name: CatalogModel}
