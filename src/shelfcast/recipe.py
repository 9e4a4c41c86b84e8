"""A recipe: everything that decides a training run, as a frozen, validated object that is saved as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, ClassVar, Self

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

_MOST = {  # beyond them no machine could hold the weights; a recipe may come out of a file that somebody made
    "filters": 4096,
    "kernel_size": 1024,
    "conv_layers": 64,
    "hidden": 4096,
    "embedding": 4096,
    "calendar": 4096,
    "head": 4096,
}
_MOST_COUNT = 1_000_000  # of all else
_MOST_LAGS = 1024

EFFORTS = {"fast": 0.4, "standard": 1.0, "max": 2.5}  # times the steps that the size of the shop asks for
FEWEST_STEPS, USUAL_STEPS, MOST_STEPS = 60, 400, 10_500  # of the standard effort
_FEWEST_PASSES, _MOST_PASSES = 7, 60  # over the days with a sale, where they are many and where they are few
_MANY_STEPS = 3500  # which end those passes, but that a larger catalog is seen ...
_LARGE_PASSES = 3  # ... so often
_WILD, _WILD_UNITS = 1.0, 5  # sales change by as much as they are, and are more than a few, so it is not counts: ...
_WILD_STEPS, _WILD_PASSES = 280, 5  # ... there is little else than noise to learn, and these are usual
_STEADY = 0.3  # sales change less from week to week: there is little noise to learn by heart, so ...
_STEADY_STEPS = 1200  # ... these are usual
_NOISY_UNITS = 50  # a day; the noise of counts is their root, so more of them may be seen more often ...
_MOST_OFTEN = 3  # ... times as often, at most
LONGEST_HORIZON = 90  # days; farther ahead, last year's same day is not yet known with the month around it
_CATALOG_COUNTS = [
    "seq_len",
    "filters",
    "kernel_size",
    "hidden",
    "embedding",
    "calendar",
    "head",
    "horizon",
    "steps",
    "batch_size",
    "history_days",
    "validation_days",
]
_CATALOG_RANGES = {
    "learning_rate": (1e-8, 1.0),
    "weight_decay": (0.0, 1.0),
    "averaging": (0.0, 0.9999),
    "tweedie_power": (1.01, 1.99),
    "interval_weight": (0.0, 10.0),
    "embedding_dropout": (0.0, 0.9),
    "recency": (1.0, 10.0),
}


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
    horizon: ClassVar[int] = 1  # days that a forecast covers when nothing else is asked
    learns_by_epochs: ClassVar[bool] = True  # chosen on validation days, and added for new products
    uses_covariates: ClassVar[bool] = False

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
        if not 1 <= len(self.lags) <= _MOST_LAGS:
            raise RecipeError(f"lags must be 1 to {_MOST_LAGS:,} numbers of days, not {len(self.lags)}.")
        if any(not _is_whole(lag) or not 1 <= lag <= _MOST_COUNT for lag in self.lags):
            raise RecipeError(f"lags must be whole days from 1 to {_MOST_COUNT:,}, not {list(self.lags)}.")
        if len(set(self.lags)) != len(self.lags):
            raise RecipeError(f"lags must differ from each other, not {list(self.lags)}.")
        _require_counts(self, [name for name in _COUNTS if name != "epochs" or self.epochs is not None])
        if self.kernel_size % 2 == 0:
            raise RecipeError(f"kernel_size must be odd, not {self.kernel_size}.")
        if not self.learning_rate > 0:
            raise RecipeError(f"learning_rate must be above 0, not {self.learning_rate!r}.")
        _require_seed(self.seed)

    def most_epochs(self, steps: int) -> int:
        """Epochs to run at most when each is this many steps."""
        return self.epochs or min(max(math.ceil(1500 / steps), 10), 300)

    @property
    def context_days(self) -> int:
        """Days of sales that one forecast needs: the oldest lag of the oldest row of the window."""
        return max(self.lags) + self.seq_len - 1

    @property
    def kept_days(self) -> int | None:
        """Days of sales that a model folder keeps at the least; None: all of them."""
        return max(self.lags) + self.seq_len

    def with_epochs(self, epochs: int | None) -> Self:
        """The recipe that trains for as many epochs as were chosen on validation days."""
        return replace(self, epochs=epochs)


@dataclass(frozen=True)
class CatalogRecipe:
    """One CNN+LSTM shared by all products: scale-free channels of a product in, its demand on any day ahead out.

    Attributes:
        seq_len: days that a forecast's pass runs over, `L`.
        filters: channels of the convolution.
        kernel_size: days that the convolution sees, the day itself and those before it.
        hidden: units of the LSTM.
        embedding: numbers that stand for a product, and for a value of an attribute.
        calendar: numbers that the calendar of a day is projected to.
        head: units of the first layer of each head.
        horizon: days ahead that training covers and that a forecast covers when nothing else is asked;
            the weights can forecast others.
        effort: `fast`, `standard` or `max`: 0.4, 1 or 2.5 times the steps that `steps` speaks of.
        steps: of the optimiser. None: 400, but as many as see every day with a sale 7 times and no more than see
            it 60 times, within 60 and 3,500, or of a large catalog as many as see it three times, 10,500 at most;
            fewer leave the network unfinished, more of them learn a small shop's noise by heart. Of a shop whose
            sales are much alike from week to week 1,200, and where they are hundreds a day up to 180 times; where
            they change by as much as they are, and are more than a few, 280, or 5 times.
        batch_size: products a step.
        learning_rate: of AdamW, the peak of its one cycle.
        weight_decay: of AdamW.
        averaging: of the weights, the share of the old average that a step keeps.
        tweedie_power: of the loss of the mean, above 1 (Poisson) and below 2 (gamma).
        interval_weight: of the loss of the outer quantiles; the median's is 2.
        embedding_dropout: share of draws in which an embedding is hidden, so that the network learns to do
            without; that is how it forecasts a product that it does not know.
        history_days: the last days of the training part, from which crops are drawn.
        recency: crops are drawn with a density that grows as the (recency - 1)-th power from the first of
            these days to the last; 1 draws all alike.
        validation_days: the last days of the training part, on which the error is watched; at most a tenth of it.
        seed: of weights and draws.
    """

    name: ClassVar[str] = "catalog"
    learns_by_epochs: ClassVar[bool] = False
    uses_covariates: ClassVar[bool] = True

    seq_len: int = 56
    filters: int = 48
    kernel_size: int = 3
    hidden: int = 64
    embedding: int = 4
    calendar: int = 12
    head: int = 96
    horizon: int = 28
    effort: str = "standard"
    steps: int | None = None
    batch_size: int = 64
    learning_rate: float = 5e-3
    weight_decay: float = 1e-2
    averaging: float = 0.99
    tweedie_power: float = 1.2
    interval_weight: float = 0.3
    embedding_dropout: float = 0.1
    history_days: int = 1456
    recency: float = 2.0
    validation_days: int = 28
    seed: int = 0

    def __post_init__(self) -> None:
        _require_counts(self, [name for name in _CATALOG_COUNTS if name != "steps" or self.steps is not None])
        if self.horizon > LONGEST_HORIZON:
            raise RecipeError(f"horizon must be at most {LONGEST_HORIZON} days, not {self.horizon}.")
        if not isinstance(self.effort, str) or self.effort not in EFFORTS:
            raise RecipeError(f"effort must be one of {', '.join(EFFORTS)}, not {self.effort!r}.")
        if self.steps is not None and self.effort != "standard":
            raise RecipeError(
                f"effort {self.effort!r} and {self.steps} steps cannot both be had.", "Leave one of them out."
            )
        for name, (lowest, highest) in _CATALOG_RANGES.items():
            value = getattr(self, name)
            if not (isinstance(value, int | float) and lowest <= value <= highest):
                raise RecipeError(f"{name} must lie between {lowest:g} and {highest:g}, not {value!r}.")
        _require_seed(self.seed)

    def most_steps(self, sold_days: int, units: float, change: float) -> int:
        """Steps to train on so many days of products with a sale.

        Args:
            units, change: on these days and from week to week, as of `Overview`.
        """
        once = sold_days / (self.batch_size * self.seq_len)  # steps to see all of them once
        usual, fewest_passes, most_passes = USUAL_STEPS, _FEWEST_PASSES, float(_MOST_PASSES)
        if change >= _WILD and units >= _WILD_UNITS:
            usual, fewest_passes = _WILD_STEPS, _WILD_PASSES
        elif change < _STEADY:
            usual, most_passes = _STEADY_STEPS, most_passes * min(max(1, math.sqrt(units / _NOISY_UNITS)), _MOST_OFTEN)
        usual = min(max(usual, math.ceil(fewest_passes * once)), math.ceil(most_passes * once))
        usual = min(max(usual, FEWEST_STEPS), max(_MANY_STEPS, math.ceil(_LARGE_PASSES * once)), MOST_STEPS)
        return self.steps or math.ceil(EFFORTS[self.effort] * usual)

    @property
    def context_days(self) -> int:
        """Days before the first target: one, as of a product's first day nothing is known."""
        return 1

    @property
    def kept_days(self) -> int | None:
        """Days of sales that a model folder keeps at the least; None: all of them."""
        return None

    def with_epochs(self, epochs: int | None) -> Self:
        """Itself: its steps are fixed, and validation days choose nothing."""
        return self


Recipe = ClassicRecipe | CatalogRecipe
RECIPES: dict[str, type[Recipe]] = {ClassicRecipe.name: ClassicRecipe, CatalogRecipe.name: CatalogRecipe}
DEFAULT_RECIPE = CatalogRecipe.name


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
            others = [other for other, recipe in RECIPES.items() if setting in recipe.__dataclass_fields__]
            where = f"Recipe {others[0]!r} has it. " if others else ""
            raise RecipeError(
                f"Recipe {name!r} has no setting {setting!r}.", f"{where}Those of {name}: {', '.join(known)}."
            )
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


def _require_counts(recipe: Recipe, names: Sequence[str]) -> None:
    for name in names:
        value, most = getattr(recipe, name), _MOST.get(name, _MOST_COUNT)
        if not _is_whole(value) or not 1 <= value <= most:
            raise RecipeError(f"{name} must be a whole number from 1 to {most:,}, not {value!r}.")


def _require_seed(seed: object) -> None:
    if not (isinstance(seed, int) and _is_whole(seed) and 0 <= seed < 2**63):
        raise RecipeError(f"seed must be a whole number of 0 or more, not {seed!r}.")


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
