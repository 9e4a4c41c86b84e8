"""A recipe: everything that decides a training run, as a frozen, validated object that is saved as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar

from .errors import RecipeError

_COUNTS = [
    "seq_len",
    "filters",
    "kernel_size",
    "conv_layers",
    "hidden",
    "epochs",
    "patience",
    "batch_size",
    "validation_days",
]


@dataclass(frozen=True)
class ClassicRecipe:
    """The textbook joint CNN+LSTM: all products' lags and the calendar in, all products' demand out.

    Attributes:
        lags: days back, each a feature a product.
        seq_len: days of a window, `L`.
        filters: channels of each convolution.
        kernel_size: days that a convolution sees; odd, so that "same" padding is symmetric.
        conv_layers: convolutions before the LSTM.
        hidden: units of the LSTM.
        epochs: passes over the training windows at most; the kept one is chosen on validation days. None:
            as many as make 1,500 steps, but 10 to 300, so that long histories do not take hours.
        patience: steps (batches) without a better validation loss after which training stops.
        batch_size: windows a step.
        learning_rate: of Adam.
        validation_days: the last days of the training part, on which the epoch is chosen; at most a tenth of it.
        seed: of weights and shuffling.
    """

    name: ClassVar[str] = "classic"

    lags: tuple[int, ...] = (1, 2, 3)
    seq_len: int = 3
    filters: int = 64
    kernel_size: int = 3
    conv_layers: int = 2
    hidden: int = 64
    epochs: int | None = None
    patience: int = 500
    batch_size: int = 32
    learning_rate: float = 1e-3
    validation_days: int = 28
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "lags", tuple(self.lags))
        if not self.lags or any(not _is_whole(lag) or lag < 1 for lag in self.lags):
            raise RecipeError(f"lags must be whole days of 1 or more, not {list(self.lags)}.")
        if len(set(self.lags)) != len(self.lags):
            raise RecipeError(f"lags must differ from each other, not {list(self.lags)}.")
        for setting in _COUNTS:
            value = getattr(self, setting)
            if setting == "epochs" and value is None:
                continue
            if not _is_whole(value) or value < 1:
                raise RecipeError(f"{setting} must be a whole number of 1 or more, not {value!r}.")
        if self.kernel_size % 2 == 0:
            raise RecipeError(f"kernel_size must be odd, not {self.kernel_size}.")
        if not self.learning_rate > 0:
            raise RecipeError(f"learning_rate must be above 0, not {self.learning_rate!r}.")
        if not _is_whole(self.seed) or not 0 <= self.seed < 2**63:
            raise RecipeError(f"seed must be a whole number of 0 or more, not {self.seed!r}.")

    def most_epochs(self, steps: int) -> int:
        """Epochs to run at most when each is this many steps."""
        return self.epochs or min(max(math.ceil(1500 / steps), 10), 300)

    @property
    def context_days(self) -> int:
        """Days of sales that one forecast needs: the oldest lag of the oldest row of the window."""
        return max(self.lags) + self.seq_len - 1


Recipe = ClassicRecipe  # the union of all recipes
RECIPES: dict[str, type[Recipe]] = {ClassicRecipe.name: ClassicRecipe}
DEFAULT_RECIPE = ClassicRecipe.name


def make_recipe(name: str, **settings: Any) -> Recipe:
    """The recipe of that name with these settings, the others at their defaults.

    Raises:
        RecipeError: no such recipe, no such setting, or a value out of range.
    """
    if not isinstance(name, str) or name not in RECIPES:
        raise RecipeError(f"There is no recipe {name!r}.", f"Choose one of: {', '.join(RECIPES)}.")
    kind = RECIPES[name]
    known = [f.name for f in fields(kind)]
    for setting in settings:
        if setting not in known:
            raise RecipeError(f"Recipe {name!r} has no setting {setting!r}.", f"It has: {', '.join(known)}.")
    return kind(**settings)


def recipe_to_json(recipe: Recipe) -> str:
    return json.dumps({"recipe": recipe.name, **asdict(recipe)}, indent=2) + "\n"


def recipe_from_json(text: str) -> Recipe:
    """The recipe that `recipe_to_json` wrote.

    Raises:
        RecipeError: not such a text, or a value out of range.
    """
    try:
        stored: Mapping[str, Any] = json.loads(text)
        settings = dict(stored)
        name = settings.pop("recipe")
    except (ValueError, TypeError, KeyError) as error:
        raise RecipeError("recipe.json holds no recipe.") from error
    return make_recipe(name, **settings)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
