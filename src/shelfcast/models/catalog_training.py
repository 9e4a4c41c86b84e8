"""How the catalog network learns: crops drawn at random, every day of a crop an origin, the weights averaged."""

from __future__ import annotations

import math
import sys

import torch
from torch import Tensor, nn
from tqdm import tqdm

from ..crops import Crop, Shelf
from ..errors import HistoryError, RecipeError
from ..features.recent import MEAN_NAMES
from ..networks.catalog import OUTPUTS, QUANTILES, CatalogNetwork
from ..networks.losses import demand_loss, pinball_loss
from ..recipe import CatalogRecipe
from ..training import TrainingRun
from ..windows import Split

_STRIDE = 7  # days between the origins whose farther days are forecast in training
_HORIZONS = 12  # days ahead, drawn anew each step, that these forecast
_WARM_UP = 8  # the first of so many parts of a crop carries no loss: the LSTM has seen too little
_CLIP = 1.0  # norm of the gradient
_PARTS = 20  # points of the curves
_WATCHED = 20_000  # days of products, on which the error is watched
_SHORTEST_CYCLE = 20  # steps, of which the learning rate rises in a tenth and then falls
_SLOWEST = 0.02  # units a day: slower products are drawn as often as these


def fit_network(network: CatalogNetwork, shelf: Shelf, split: Split, recipe: CatalogRecipe) -> TrainingRun:
    """Fits the network in place on `split.fitted`.

    Nothing is chosen on validation days: the weights that are kept are an exponential moving average over the
    steps (Polyak and Juditsky 1992). The curves hold the absolute error of the next day's median over what
    was sold, on the fitted days as drawn and on the validation and test days.

    Raises:
        HistoryError: no product is on sale before the last fitted day.
        RecipeError: the loss is no longer finite.
        KeyboardInterrupt: before the first point of the curves; later Ctrl-C ends training and keeps the
            average so far.
    """
    draws = torch.Generator().manual_seed(recipe.seed)
    optimiser = torch.optim.AdamW(network.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay)
    steps = recipe.most_steps(len(shelf.sales), split.fitted.stop)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, recipe.learning_rate, total_steps=max(steps, _SHORTEST_CYCLE), pct_start=0.1
    )
    average = {name: weight.detach().clone() for name, weight in network.state_dict().items()}
    sampler = _Sampler(shelf, split.fitted, recipe, draws)
    watched = {name: days for name, days in (("validation", split.validation), ("test", split.test)) if days}
    longest = recipe.seq_len + max((len(days) for days in watched.values()), default=0)
    sample = torch.randperm(len(shelf.sales), generator=draws)[: max(20, _WATCHED // longest)]
    curves: dict[str, list[float]] = {"train": [], **{part: [] for part in watched}}
    interrupted, errors = False, []
    marks = {round(steps * part / _PARTS) for part in range(1, _PARTS + 1)}
    with tqdm(total=steps, desc="fitting", unit="step", file=sys.stderr, disable=None, leave=False) as bar:
        try:
            for step in range(1, steps + 1):
                network.train()
                optimiser.zero_grad()
                loss, error = _step_loss(network, sampler, recipe, draws)
                if not math.isfinite(error) or not torch.isfinite(loss):
                    raise RecipeError(f"Training diverged in step {step}.", "Choose a smaller learning_rate.")
                loss.backward()  # type: ignore[no-untyped-call]
                nn.utils.clip_grad_norm_(network.parameters(), _CLIP)
                optimiser.step()
                schedule.step()
                _take_into(average, network, min(recipe.averaging, step / (step + 9)))
                errors.append(error)
                bar.update()
                if step in marks:
                    curves["train"].append(sum(errors) / len(errors))
                    errors = []
                    for part, days in watched.items():
                        curves[part].append(_watched_error(network, average, shelf, sample, days, recipe))
        except KeyboardInterrupt:
            if not curves["train"]:  # hardly anything was learned
                raise
            interrupted = True
    network.load_state_dict(average)
    network.eval()
    return TrainingRun(curves, len(curves["train"]), interrupted, averaged=True)


class _Sampler:
    """Draws crops whose last target is the last fitted day at the latest.

    Products are drawn in proportion to the square root of their mean sales in the last year of the fitted
    days, later days more often than earlier ones; the weights of the loss make up for the first.
    """

    def __init__(self, shelf: Shelf, fitted: range, recipe: CatalogRecipe, draws: torch.Generator) -> None:
        self.shelf, self.recipe, self.draws = shelf, recipe, draws
        self.last = fitted.stop - 1
        known = slice(shelf.first_day, shelf.first_day + fitted.stop)
        mean = shelf.sales[:, known][:, -364:].mean(dim=1).cpu()
        available = shelf.available[:, known].cpu()
        first = torch.where(available.any(dim=1), available.int().argmax(dim=1), fitted.stop)
        if not (first < self.last).any():
            raise HistoryError(
                "No product is on sale before the last of the days to be fitted on.",
                "Give more days, or choose fewer test days.",
            )
        self.share = mean.clamp_min(_SLOWEST).sqrt() * (first < self.last)
        self.first = torch.maximum(first + 1, torch.tensor(fitted.stop - recipe.history_days))

    def draw(self) -> tuple[Crop, Tensor]:
        """A crop of `batch_size` products and, `[B]`, the weight of each."""
        L = self.recipe.seq_len
        products = torch.multinomial(self.share, self.recipe.batch_size, replacement=True, generator=self.draws)
        room = (self.last - L - self.first[products]).clamp_min(0)
        place = torch.rand(len(products), generator=self.draws).pow(1 / self.recipe.recency)
        first = self.last - L - room + (place * (room + 1)).long().clamp_max(room)
        device = self.shelf.sales.device
        crop = self.shelf.crop(products.to(device), first.to(device), L)
        return crop, 1 / self.share[products].to(device)


def _step_loss(
    network: CatalogNetwork, sampler: _Sampler, recipe: CatalogRecipe, draws: torch.Generator
) -> tuple[Tensor, float]:
    """The loss of one batch, next day and farther days, and the error of the next day's median."""
    crop, weight = sampler.draw()
    device, L = weight.device, recipe.seq_len
    levels = torch.tensor(QUANTILES, device=device)
    last = sampler.shelf.first_day + sampler.last  # of the days that may be learnt from
    every, tomorrow = torch.arange(L, device=device), torch.ones(1, dtype=torch.long, device=device)
    known = (torch.rand(crop.groups.shape, generator=draws) >= recipe.embedding_dropout).float().to(device)
    identity = network.identity(crop.products, crop.groups, known)
    channels, dates = crop.ahead(every, tomorrow)
    near, state = network(crop.channels, channels[:, :, 0], dates[:, :, 0], crop.last_sales, identity)

    skipped = L // _WARM_UP
    alive = (crop.days_in_stock > 0) & (every >= skipped)  # [B, L]
    weights = weight[:, None] * crop.level * alive  # errors count in units
    y, counts = crop.targets(every, tomorrow)
    counted = weights * counts[:, :, 0]

    def loss_of(outputs: Tensor, y: Tensor, weights: Tensor) -> Tensor:
        return demand_loss(outputs, y, weights, levels, recipe.tweedie_power, recipe.interval_weight)

    loss = loss_of(near, y[:, :, 0], counted)
    missed = ((near[..., OUTPUTS.index("median")].detach() - y[:, :, 0]).abs() * counted).sum()
    error = missed / (y[:, :, 0] * counted).sum().clamp_min(1e-6)

    stride = min(_STRIDE, L - skipped)
    start = skipped + int(torch.randint(stride, (1,), generator=draws))
    places = torch.arange(start, L, stride, device=device)
    drawn = torch.randperm(recipe.horizon, generator=draws)[:_HORIZONS].sort().values
    horizons = drawn.to(device) + 1
    channels, dates = crop.ahead(places, horizons)
    means = crop.channels[:, places, : len(MEAN_NAMES)]
    far = network.ahead(state[:, places], means, near[:, places, 0].detach(), channels, dates, horizons)
    y, counts = crop.targets(places, horizons)
    counts = counts & (crop.origins[:, places, None] + horizons <= last)
    return loss + loss_of(far, y, weights[:, places, None] * counts), float(error)


def _take_into(average: dict[str, Tensor], network: nn.Module, kept: float) -> None:
    with torch.no_grad():
        for name, weight in network.state_dict().items():
            average[name].lerp_(weight, 1 - kept)


@torch.no_grad()
def _watched_error(
    network: CatalogNetwork,
    average: dict[str, Tensor],
    shelf: Shelf,
    products: Tensor,
    days: range,
    recipe: CatalogRecipe,
) -> float:
    """The absolute error of the next day's median over what was sold, by the averaged weights."""
    trained = {name: weight.clone() for name, weight in network.state_dict().items()}
    network.load_state_dict(average)
    network.eval()
    device = shelf.sales.device
    L = recipe.seq_len + len(days) - 1
    first = torch.full((len(products),), days.start - recipe.seq_len, device=device)
    crop = shelf.crop(products.to(device), first, L)
    near = next_days(network, crop)[0]
    network.load_state_dict(trained)
    scored = torch.arange(recipe.seq_len - 1, L, device=device)
    y, counts = crop.targets(scored, torch.ones(1, dtype=torch.long, device=device))
    weights = crop.level[:, scored] * counts[:, :, 0]
    missed = 2 * pinball_loss(near[:, scored, 3:4], y[:, :, 0], torch.tensor([0.5], device=device))[..., 0]
    return float((missed * weights).sum() / (y[:, :, 0] * weights).sum().clamp_min(1e-6))


def next_days(network: CatalogNetwork, crop: Crop) -> tuple[Tensor, Tensor]:
    """The network on all origins of a crop: `[B, L, Q]` in levels, and the states `[B, L, S]`."""
    device = crop.level.device
    every = torch.arange(crop.level.shape[1], device=device)
    channels, dates = crop.ahead(every, torch.ones(1, dtype=torch.long, device=device))
    identity = network.identity(crop.products, crop.groups)
    near, state = network(crop.channels, channels[:, :, 0], dates[:, :, 0], crop.last_sales, identity)
    return near, state
