"""Laws 1, 2, 3, 6 and 7 for the catalog recipe, on random panels; each is shown to fail when its fault is planted."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from shelfcast import crops
from shelfcast.covariates import Covariates, Signal
from shelfcast.crops import Context, Shelf
from shelfcast.features.calendar import EVENTS_AHEAD
from shelfcast.features.feasts import Feasts
from shelfcast.features.month_ago import months_before
from shelfcast.features.totals import Totals
from shelfcast.models import catalog_training
from shelfcast.models.catalog import CatalogModel, group_rows
from shelfcast.networks.catalog import OUTPUTS
from shelfcast.panel import Floats, Panel, Status
from shelfcast.recipe import CatalogRecipe
from shelfcast.windows import split_days

TINY = CatalogRecipe(seq_len=20, filters=6, hidden=6, head=8, steps=4, batch_size=4, horizon=8)
N, T, TEST = 6, 420, 5
PLANNED = 12  # days after the last, for which prices, signals and events are known
CPU = torch.device("cpu")


def random_panel(seed: int, days: int = T) -> Panel:
    """Slow and fast products in two stores, late launches, sold-out days, one closed day; all covariates."""
    rng = np.random.default_rng(seed)
    sales = rng.poisson(rng.uniform(0.2, 30, (N, 1)), (N, days)).astype(np.float32)
    status = np.full((N, days), Status.ON_SALE, np.uint8)
    sales[1, : days // 2], status[1, : days // 2] = 0, Status.NOT_ON_SALE
    sales[2, 200:230] = 0  # out of stock, and nobody wrote it down
    status[rng.random((N, days)) < 0.02] = Status.SOLD_OUT
    sales[:, 300], status[:, 300] = 0, Status.CLOSED
    sales[::2, -25:-15:3], status[::2, -25:-15:3] = 0, Status.CLOSED  # one of the two stores alone
    dates = np.datetime64("2023-01-01") + np.arange(days)
    stores = np.array(["A", "B"] * (N // 2))
    known = random_covariates(rng, days + PLANNED)
    return Panel.of(sales, dates, [f"p{i}" for i in range(N)], status, {"store": stores}, known)


def random_covariates(rng: np.random.Generator, days: int) -> Covariates:
    """Prices that move now and then and are not always listed, a promotion a product, a benefit day a region."""
    level = rng.uniform(1, 9, (N, 1))
    prices = np.repeat(level * rng.uniform(0.7, 1.3, (N, days // 9 + 1)), 9, axis=1)[:, :days].astype(np.float32)
    prices[1, : days // 2] = prices[4, 350:360] = np.nan
    prices[rng.random((N, days)) < 0.02] = np.nan
    regions = np.array([0, 1, 1, 0, 1, 0])
    return Covariates(
        days,
        prices,
        {
            "promotion": Signal((rng.random((N, days)) < 0.3).astype(np.float32), np.arange(N)),
            "benefit": Signal((rng.random((2, days)) < 0.6).astype(np.float32), regions),
        },
        {"feast": rng.random(days) < 0.1},
    )


def with_days_changed(panel: Panel, first: int, seed: int) -> Panel:
    """Other sales from the day `first` on, and other plans for the days after it.

    What is planned for a day is known before it, so the day itself keeps its plan; an event is told some days ahead.
    """
    sales, known = panel.sales.copy(), panel.covariates
    assert known is not None
    sales[:, first:] = np.random.default_rng(seed).poisson(90, sales[:, first:].shape)
    other = random_covariates(np.random.default_rng(seed), known.days)
    rows = np.arange(N)
    plans = known.followed_by(other.between(first + 1, known.days), 0, first + 1, rows, rows)
    events = known.followed_by(
        other.between(first + 1 + EVENTS_AHEAD, known.days), 0, first + 1 + EVENTS_AHEAD, rows, rows
    )
    return replace(panel, sales=sales, covariates=replace(plans, events=events.events))


def fitted(panel: Panel, recipe: CatalogRecipe = TINY) -> CatalogModel:
    """Products have numbers of their own, drawn by chance, though so few days teach them none."""
    model, _ = CatalogModel.fit(panel, recipe, split_days(len(panel.dates), recipe, TEST), CPU)
    own = model.network.product_embedding.weight
    torch.nn.init.normal_(own, std=0.05, generator=torch.Generator().manual_seed(0))
    return model


@pytest.fixture(scope="module")
def model() -> CatalogModel:
    return fitted(random_panel(0))


def same_tensors(one: CatalogModel, other: CatalogModel) -> bool:
    a, b = one.to_tensors(), other.to_tensors()
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def close(one: dict[str, Floats], other: dict[str, Floats]) -> bool:
    return all(np.allclose(one[name], other[name], rtol=1e-5, atol=1e-6) for name in one)


# Law 1: the future


def the_future_changes_no_feature() -> bool:
    """Whatever is sold after an origin, it is told the same, of itself and of the 90 days ahead of it."""
    panel, origin, L = random_panel(0), 380, 20
    sales = panel.sales.copy()
    sales[:, origin + 1 :] = np.random.default_rng(1).poisson(90, sales[:, origin + 1 :].shape)

    def told(panel: Panel) -> list[Tensor]:
        shelf = Shelf(Context(panel, group_rows(panel), L, 90, panel.dates[[0, -1]], CPU, Feasts.none()), slice(None))
        crop = shelf.crop(torch.arange(N), torch.full((N,), origin - 9), L)  # with 10 origins after this one
        places = torch.arange(10)
        of_days_ahead, _ = crop.ahead(places, torch.arange(1, 91))
        return [crop.channels[:, places], crop.last_sales[:, places], crop.scale[:, places], of_days_ahead]

    before, after = told(panel), told(replace(panel, sales=sales))
    return all(torch.equal(one, other) for one, other in zip(before, after, strict=True))


def the_future_changes_no_weight() -> bool:
    """No day after the fitted ones does; validation days calibrate the intervals and do nothing else."""
    panel, split = random_panel(0), split_days(T, TINY, TEST)
    whole = fitted(panel)
    after_fitted, after_validation = (
        fitted(with_days_changed(panel, days.stop, seed=1)) for days in (split.fitted, split.validation)
    )
    after_fitted.calibration = whole.calibration
    return same_tensors(whole, after_fitted) and same_tensors(whole, after_validation)


def the_future_changes_no_forecast(model: CatalogModel) -> bool:
    """Changing day d and later leaves the forecasts of day d and earlier as they are, for every test day d."""
    panel = random_panel(0)
    before = model.next_days(panel, TEST)  # for days T-TEST+1 .. T
    for target in range(T - TEST + 1, T):
        after = model.next_days(with_days_changed(panel, target, seed=2), TEST)
        known = target - (T - TEST + 1) + 1
        if not all(np.array_equal(before[name][:, :known], after[name][:, :known]) for name in OUTPUTS):
            return False
        assert not np.array_equal(before["mean"], after["mean"])  # the law is not empty
    return True


def test_the_future_changes_no_feature_no_weight_and_no_forecast(model: CatalogModel) -> None:
    assert the_future_changes_no_feature()
    assert the_future_changes_no_weight()
    assert the_future_changes_no_forecast(model)


def test_a_plan_moves_the_forecast_of_its_day_and_none_before(model: CatalogModel) -> None:
    """What is known of the days ahead may be read; one price or promotion too early would tell of its day."""
    panel = random_panel(0)
    before, after = model.ahead(panel, 9), model.ahead(with_days_changed(panel, T + 3, seed=1), 9)
    for name in OUTPUTS:
        np.testing.assert_array_equal(before[name][:, :4], after[name][:, :4])
    assert (before["mean"][:, 4:] != after["mean"][:, 4:]).any(axis=0).all()


def test_learning_from_days_after_the_fitted_ones_breaks_the_law_of_the_future(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    init = catalog_training.Sampler.__init__

    def too_far(self: Any, shelf: Shelf, fitted: range, *rest: Any) -> None:
        init(self, shelf, range(fitted.start, fitted.stop + 28), *rest)

    monkeypatch.setattr(catalog_training.Sampler, "__init__", too_far)
    assert not the_future_changes_no_weight()


def plant(family: str, days: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A feature that looks so many days ahead."""
    feature = getattr(crops, family, None)
    if family == "totals":
        of = Totals.of.__func__  # type: ignore[attr-defined]

        def newer(cls: type[Totals], *arguments: Any) -> Totals:
            totals: Totals = of(cls, *arguments)
            return replace(totals, now=totals.now.roll(-days, dims=1))

        monkeypatch.setattr(Totals, "of", classmethod(newer))
    elif family == "year_ago":
        monkeypatch.setattr("shelfcast.features.year_ago.YEAR", 364 - days)
    elif family == "month_profile":  # it is given the days that were looked up
        monkeypatch.setattr(crops, "months_before", lambda offsets, horizons: months_before(offsets, horizons) - days)
    elif family == "own_lift":
        monkeypatch.setattr(crops, family, lambda signal, sales, *rest: feature(signal, sales.roll(-days, 1), *rest))
    else:
        monkeypatch.setattr(
            crops, family, lambda sales, *rest, **settings: feature(sales.roll(-days, 1), *rest, **settings)
        )


@pytest.mark.parametrize(
    ("family", "days", "is_told_of_the_next_day"),
    [
        ("recent_channels", 1, True),
        ("follow_levels", 1, True),
        ("weekday_profile", 7, True),
        ("totals", 1, True),
        ("year_ago", 364, True),
        ("own_lift", 1, True),
        ("month_profile", 1, False),  # the same day a month before is never so near
    ],
)
def test_a_feature_that_is_too_new_breaks_the_law_of_the_future(
    family: str, days: int, is_told_of_the_next_day: bool, monkeypatch: pytest.MonkeyPatch, model: CatalogModel
) -> None:
    plant(family, days, monkeypatch)
    try:
        assert not the_future_changes_no_feature()
        assert not is_told_of_the_next_day or not the_future_changes_no_forecast(model)
    except IndexError:
        assert family == "year_ago"  # a crop holds no days after its origins that a feature could look at


def test_a_convolution_that_looks_ahead_breaks_the_law_of_the_future(
    monkeypatch: pytest.MonkeyPatch, model: CatalogModel
) -> None:
    right = model.network.convolution.forward
    monkeypatch.setattr(model.network.convolution, "forward", lambda x: right(x).roll(-1, dims=2))
    assert not the_future_changes_no_forecast(model)


# Law 2: the company


def blocks_do_not_matter(model: CatalogModel) -> bool:
    panel = random_panel(1)

    def said() -> list[dict[str, Floats]]:
        ahead, memory = model.ahead_and_memory(panel, 9)
        return [model.next_days(panel, 5), ahead, {name: part.numpy() for name, part in memory._asdict().items()}]

    whole = said()
    model.block = 2
    in_blocks = said()
    model.block = 1024
    return all(close(one, other) for one, other in zip(whole, in_blocks, strict=True))


def test_the_size_of_a_block_does_not_matter(model: CatalogModel) -> None:
    assert blocks_do_not_matter(model)


@pytest.mark.parametrize("what", ["totals", "group_price"])
def test_what_is_summed_over_a_block_breaks_the_law_of_company(
    what: str, monkeypatch: pytest.MonkeyPatch, model: CatalogModel
) -> None:
    init = Shelf.__init__

    def of_the_block(self: Shelf, context: Context, rows: slice) -> None:
        """As if the panel were of the block's products alone."""
        panel, known = context.panel, context.panel.covariates
        assert known is not None
        outside = ~np.isin(np.arange(N), np.arange(N)[rows])
        prices = np.where(outside[:, None], np.nan, known.prices).astype(np.float32)
        sales = np.where(outside[:, None], 0, panel.sales)
        block = replace(panel, sales=sales, covariates=replace(known, prices=prices))
        own, told = (
            Context(
                block, context.groups, context.seq_len, context.days_ahead, panel.dates[[0, -1]], CPU, Feasts.none()
            ),
            copy(context),
        )
        setattr(told, what, getattr(own, what))
        init(self, told, rows)

    monkeypatch.setattr(Shelf, "__init__", of_the_block)
    assert not blocks_do_not_matter(model)


def test_an_embedding_by_the_place_in_the_block_breaks_the_law_of_company(
    monkeypatch: pytest.MonkeyPatch, model: CatalogModel
) -> None:
    init = Shelf.__init__

    def by_place(self: Shelf, *arguments: Any) -> None:
        init(self, *arguments)
        self.products = torch.arange(len(self.sales))

    monkeypatch.setattr(Shelf, "__init__", by_place)
    assert not blocks_do_not_matter(model)


# Law 3: the order


ORDER = np.array([3, 0, 4, 1, 5, 2])


def permuted_products_permute_the_forecasts(model: CatalogModel, embeddings: bool, covariates: bool) -> bool:
    """With the embeddings and the covariates in the order of the products, or not."""
    panel = random_panel(3)
    assert panel.covariates is not None
    moved = replace(
        panel,
        sales=panel.sales[ORDER],
        status=panel.status[ORDER],
        attributes={name: values[ORDER] for name, values in panel.attributes.items()},
        covariates=panel.covariates.select(ORDER) if covariates else panel.covariates,
    )
    tensors = model.to_tensors()
    tensors["groups"] = tensors["groups"][ORDER]
    if embeddings:
        tensors["network.product_embedding.weight"] = tensors["network.product_embedding.weight"][ORDER]
    permuted = CatalogModel.from_tensors(tensors, TINY, moved, CPU)
    one, other = permuted.ahead(moved, 9), model.ahead(panel, 9)
    return close(one, {name: values[ORDER] for name, values in other.items()})


def test_permuted_products_permute_the_forecasts(model: CatalogModel) -> None:
    assert permuted_products_permute_the_forecasts(model, embeddings=True, covariates=True)


@pytest.mark.parametrize("embeddings", [False, True])
def test_embeddings_or_covariates_in_another_order_than_the_products_break_the_law_of_order(
    embeddings: bool, model: CatalogModel
) -> None:
    assert not permuted_products_permute_the_forecasts(model, embeddings=embeddings, covariates=not embeddings)


def test_rows_of_the_panel_may_come_in_any_order(model: CatalogModel) -> None:
    panel = random_panel(0)
    assert panel.covariates is not None
    attributes = {name: values[ORDER] for name, values in panel.attributes.items()}
    again = Panel.of(
        panel.sales[ORDER],
        panel.dates,
        panel.products[ORDER],
        panel.status[ORDER],
        attributes,
        panel.covariates.select(ORDER),
    )
    assert same_tensors(model, fitted(again))


# Law 6: saving


def a_loaded_model_forecasts_the_same_bits(model: CatalogModel, path: Path, dtype: torch.dtype) -> bool:
    panel = random_panel(4)
    tensors = model.to_tensors()
    groups = tensors.pop("groups")
    save_file({name: t.to(dtype).to(torch.float32) for name, t in tensors.items()} | {"groups": groups}, path)
    loaded = CatalogModel.from_tensors(load_file(path), TINY, panel, CPU)
    one, other = loaded.ahead(panel, 9), model.ahead(panel, 9)
    return all(np.array_equal(one[name], other[name]) for name in OUTPUTS)


def test_a_loaded_model_forecasts_the_same_bits(model: CatalogModel, tmp_path: Path) -> None:
    assert a_loaded_model_forecasts_the_same_bits(model, tmp_path / "weights.safetensors", torch.float32)


def test_weights_rounded_on_the_way_break_the_law_of_saving(model: CatalogModel, tmp_path: Path) -> None:
    assert not a_loaded_model_forecasts_the_same_bits(model, tmp_path / "weights.safetensors", torch.bfloat16)


# Law 7: again


def the_same_seed_gives_the_same_bytes() -> bool:
    panel = random_panel(5)
    torch.manual_seed(1)
    first = fitted(panel)
    torch.manual_seed(2)  # the caller's random state must not matter
    return same_tensors(first, fitted(panel))


def test_the_same_data_recipe_and_seed_give_the_same_bytes() -> None:
    assert the_same_seed_gives_the_same_bytes()
    panel = random_panel(5)
    assert not same_tensors(fitted(panel), fitted(panel, replace(TINY, seed=1)))


def test_draws_by_the_global_random_state_break_the_law_of_again(monkeypatch: pytest.MonkeyPatch) -> None:
    multinomial = torch.multinomial

    def careless(share: Tensor, count: int, replacement: bool, generator: torch.Generator) -> Tensor:
        return multinomial(share, count, replacement)

    monkeypatch.setattr(torch, "multinomial", careless)
    assert not the_same_seed_gives_the_same_bytes()


def test_training_leaves_the_callers_random_state_alone() -> None:
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    fitted(random_panel(6))
    assert torch.equal(torch.rand(3), expected)
