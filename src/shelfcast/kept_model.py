"""What a version of a model folder keeps of a forecaster: the fitted model with its days, and how it was scored."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import torch

from .errors import ModelFolderError, RecipeError
from .evaluation.backtest import Backtest
from .evaluation.cumulated import CumulatedErrors
from .forecast import forecast_and_memory, write_ahead
from .kept_sales import read_kept_sales, write_kept_sales
from .models import Model, model_from_tensors
from .panel import Floats, Panel
from .reading import ReadingReport
from .recipe import Recipe, recipe_from_json, recipe_to_json
from .scores import AHEAD, read_backtest, scores_of, write_backtest
from .store import read_json, read_tensors, read_text, write_json, write_tensors
from .tables import Tables
from .training import TrainingRun

_CUMULATED = "cumulated.safetensors"


@dataclass(frozen=True)
class KeptModel:
    """All that forecasts need.

    Attributes:
        recent: the days that forecasts go on from.
        rules, reading, cumulated: as of `Forecaster`.
    """

    recipe: Recipe
    model: Model
    recent: Panel
    rules: Tables
    reading: ReadingReport | None
    cumulated: CumulatedErrors | None

    def write(self, version: Path) -> dict[str, Floats]:
        """Writes it into a version's folder, with the forecast of the recipe's horizon, which it returns."""
        (version / "recipe.json").write_text(recipe_to_json(self.recipe), encoding="utf-8")
        write_kept_sales(version, self.recent)
        write_tensors(version / "weights.safetensors", self.model.to_tensors())
        ahead, memory = forecast_and_memory(self.model, self.recent, self.recipe.horizon)
        write_ahead(version, ahead, memory)
        if self.cumulated is not None:
            errors = {name: torch.from_numpy(array) for name, array in self.cumulated.to_arrays().items()}
            write_tensors(version / _CUMULATED, errors)
        if self.rules != Tables():
            write_json(version / "tables.json", self.rules.to_dict())
        if self.reading is not None:
            write_json(version / "reading.json", self.reading.to_dict())
        return ahead

    @classmethod
    def read(cls, version: Path, device: torch.device) -> Self:
        """What `write` wrote, the model on the device.

        Raises:
            ModelFolderError: the files do not belong together.
        """
        try:
            recipe = recipe_from_json(read_text(version / "recipe.json"))
        except RecipeError as error:
            raise ModelFolderError(f"{version / 'recipe.json'}: {error.problem}", "Train again.") from error
        recent = read_kept_sales(version)
        model = model_from_tensors(read_tensors(version / "weights.safetensors"), recipe, recent, device)
        rules, reading, cumulated = Tables(), None, None
        if (version / _CUMULATED).exists():
            errors = read_tensors(version / _CUMULATED)
            cumulated = CumulatedErrors.from_arrays({name: tensor.numpy() for name, tensor in errors.items()})
        if (version / "tables.json").exists():
            rules = Tables.from_dict(read_json(version / "tables.json"))
        if (version / "reading.json").exists():
            reading = ReadingReport.from_dict(read_json(version / "reading.json"))
        return cls(recipe, model, recent, rules, reading, cumulated)


@dataclass(frozen=True)
class KeptScores:
    """How the model was scored, which no forecast needs.

    Attributes:
        result, ahead, run, refitted: as of `Forecaster`.
    """

    result: Backtest
    ahead: Backtest | None
    run: TrainingRun
    refitted: bool

    def write(self, version: Path) -> None:
        write_backtest(version, self.result)
        scores = scores_of(self.result) | {"training": asdict(self.run), "refitted": self.refitted}
        if self.ahead is not None:
            write_backtest(version, self.ahead, AHEAD)
            scores["ahead"] = scores_of(self.ahead)
        write_json(version / "scores.json", scores)

    @classmethod
    def read(cls, version: Path, recipe: Recipe, recent: Panel) -> Self | None:
        """What `write` wrote of the products of these days; None where nothing was.

        Raises:
            ModelFolderError: the files do not belong together.
        """
        if not (version / "scores.json").exists():
            return None
        stored = read_json(version / "scores.json")
        if not isinstance(stored, dict) or not isinstance(stored.get("refitted"), bool):
            raise ModelFolderError(f"{version / 'scores.json'} holds no scores.", "Train again.")
        run, about = TrainingRun.from_dict(stored.get("training")), (recipe.name, recent.products, recent.attributes)
        result, ahead = read_backtest(version, *about), read_backtest(version, *about, prefix=AHEAD)
        if result is None:
            raise ModelFolderError(f"{version} has scores, but not the backtest that they are of.", "Train again.")
        return cls(result, ahead, run, stored["refitted"])
