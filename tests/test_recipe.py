from __future__ import annotations

import json
from typing import Any

import pytest

from shelfcast.errors import RecipeError
from shelfcast.recipe import CatalogRecipe, ClassicRecipe, make_recipe, recipe_from_json, recipe_to_json


def test_a_recipe_survives_json() -> None:
    recipe = ClassicRecipe(lags=(1, 7), seed=3)
    assert recipe_from_json(recipe_to_json(recipe)) == recipe


def test_the_context_is_the_oldest_lag_of_the_oldest_row() -> None:
    assert ClassicRecipe(lags=(1, 2, 3), seq_len=3).context_days == 5
    assert ClassicRecipe(lags=(28, 1), seq_len=1).context_days == 28


@pytest.mark.parametrize(
    "settings",
    [
        {"lags": ()},
        {"lags": (0,)},
        {"lags": (1, 1)},
        {"lags": (1.5,)},
        {"seq_len": 0},
        {"epochs": 2.5},
        {"epochs": True},
        {"kernel_size": 4},
        {"learning_rate": 0},
        {"learning_rate": float("nan")},
        {"seed": -1},
        {"sed": 1},
    ],
)
def test_a_setting_that_no_run_can_have_is_an_error_that_names_it(settings: dict[str, Any]) -> None:
    with pytest.raises(RecipeError, match=next(iter(settings))):
        make_recipe("classic", **settings)


@pytest.mark.parametrize(
    "settings",
    [
        {"seq_len": 0},
        {"steps": 0},
        {"steps": 2.5},
        {"horizon": 91},
        {"learning_rate": 0},
        {"learning_rate": float("nan")},
        {"tweedie_power": 2},
        {"averaging": 1},
        {"embedding_dropout": "none"},
        {"recency": 0.5},
        {"effort": "most"},
        {"effort": ["fast"]},
        {"effort": "max", "steps": 5},
        {"seed": -1},
        {"epochs": 3},
    ],
)
def test_a_setting_that_no_catalog_run_can_have_is_an_error_that_names_it(settings: dict[str, Any]) -> None:
    with pytest.raises(RecipeError, match=next(iter(settings))):
        make_recipe("catalog", **settings)


def test_a_catalog_recipe_survives_json() -> None:
    recipe = CatalogRecipe(seq_len=3, seed=3)
    assert recipe_from_json(recipe_to_json(recipe)) == recipe


def test_larger_shops_train_longer_up_to_a_bound() -> None:
    recipe = CatalogRecipe(batch_size=64, seq_len=50)
    once = 64 * 50  # days with a sale that a step sees
    passes = {0: 60, 1: 60, 4: 240, 20: 400, 150: 1050, 500: 3500, 1100: 3500, 2000: 6000, 10**5: 10500}
    for units, change in ((9, 0.3), (9, 0.5), (9, 0.99), (4.9, 1.5)):
        assert {times: recipe.most_steps(times * once, units, change) for times in passes} == passes
    assert CatalogRecipe(steps=7).most_steps(10**9, 9, 0.5) == 7


def test_a_steady_shop_trains_longer_the_more_so_the_more_it_sells() -> None:
    recipe = CatalogRecipe(batch_size=64, seq_len=50)
    once = 64 * 50
    passes = {0: 60, 1: 60, 4: 240, 20: 1200, 150: 1200, 500: 3500, 10**5: 10500}
    assert {times: recipe.most_steps(times * once, 50, 0.2) for times in passes} == passes
    assert [recipe.most_steps(2 * once, units, 0.2) for units in (1, 50, 200, 450, 10**6)] == [120, 120, 240, 360, 360]
    assert recipe.most_steps(2 * once, 10**6, 0.3) == 120, "large numbers, but not steady: kilograms in grams, say"


def test_a_shop_of_which_no_week_is_like_another_trains_shorter() -> None:
    recipe = CatalogRecipe(batch_size=64, seq_len=50)
    passes = {0: 60, 1: 60, 4: 240, 20: 280, 150: 750, 500: 2500, 700: 3500, 2000: 6000, 10**5: 10500}
    assert {times: recipe.most_steps(times * 64 * 50, 5, 1.0) for times in passes} == passes


@pytest.mark.parametrize("text", ["", "[]", "{}", "nonsense", '{"recipe": "other"}', '{"recipe": ["classic"]}'])
def test_a_text_that_holds_no_recipe_is_an_error(text: str) -> None:
    with pytest.raises(RecipeError):
        recipe_from_json(text)


def test_effort_is_a_share_of_the_usual_steps() -> None:
    steps = {effort: CatalogRecipe(effort=effort).most_steps(10**5, 9, 0.5) for effort in ("fast", "standard", "max")}
    assert steps == {"fast": 160, "standard": 400, "max": 1000}


def test_a_recipe_that_was_saved_before_there_was_effort_still_loads() -> None:
    stored = json.loads(recipe_to_json(CatalogRecipe(seed=3)))
    del stored["effort"]
    assert recipe_from_json(json.dumps(stored)) == CatalogRecipe(seed=3)


def test_a_setting_of_the_other_recipe_is_said_to_be_its() -> None:
    with pytest.raises(RecipeError, match="Recipe 'classic' has it"):
        make_recipe("catalog", epochs=3)
