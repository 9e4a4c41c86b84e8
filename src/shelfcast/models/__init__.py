"""Fitted models: what a recipe becomes when it has seen a panel; one file a recipe, behind the same methods."""

from __future__ import annotations

from ..recipe import ClassicRecipe
from .classic import ClassicModel

Model = ClassicModel  # the union of all fitted models
MODELS: dict[str, type[Model]] = {ClassicRecipe.name: ClassicModel}
