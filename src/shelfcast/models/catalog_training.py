"""How the catalog network learns: crops drawn at random, every day of a crop an origin, the weights averaged."""

from __future__ import annotations

import math
import sys

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn
from tqdm import tqdm

from ..checkpoint import Checkpoint, Standing, named, optimiser_standing, restore_optimiser, under
from ..crops import Context, Crop, Shelf
from ..errors import RecipeError
from ..features.recent import MEAN_NAMES
from ..networks.catalog import OUTPUTS, QUANTILES, CatalogNetwork, Memory
from ..networks.losses import demand_loss
from ..recipe import CatalogRecipe
from ..training import TrainingRun
from ..windows import Split
from .calibration import FAR, NEAR, Calibration
from .course import Course
from .overview import Overview
from .recording import Recording
from .sampler import Drawn, Sampler, first_learnt

_STRIDE = 7  # days between the origins whose farther days calibrate the intervals
_CLIP = 1.0  # norm of the gradient
_PARTS = 20  # points of the curves
_CALIBRATED = 60_000  # days of products, that calibrate the intervals
_BLOCK = 256  # products that are looked at at a time while they do
_ESTABLISHED = 7  # days in stock; the level of fewer may be next to nothing, and no factor makes up for that
_WATCHED = 20_000  # days of products, on which the error is watched
_SHORTEST_CYCLE = 20  # steps, of which the learning rate rises in a tenth and then falls


def fit_network(
    network: CatalogNetwork, context: Context, split: Split, recipe: CatalogRecipe, checkpoint: Checkpoint
) -> tuple[TrainingRun, Shelf]:
    """Fits the network in place on `split.fitted`; returns the products that it learnt from, too.

    Nothing is chosen on validation days: the weights that are kept are an exponential moving average over the
    steps (Polyak and Juditsky 1992). The curves hold the absolute error of the next day's median over what
    was sold, on the fitted days as drawn (without the shop's `Course`, where it is not learnt) and on the
    validation and test days.

    Raises:
        HistoryError: no product is on sale before the last fitted day.
        RecipeError: the loss is no longer finite.
        KeyboardInterrupt: before the first point of the curves; later Ctrl-C ends training and keeps the
            average so far.
    """
    if not context.seasons_known:  # of so few days a product's own numbers would learn by heart what chance did
        nn.init.zeros_(network.product_embedding.weight).requires_grad_(False)
    draws = torch.Generator().manual_seed(recipe.seed)
    optimiser = torch.optim.AdamW(
        network.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True
    )
    seen = Overview.of(context.panel, split.fitted.stop, recipe.history_days)
    steps = recipe.most_steps(seen.sold_days, seen.units, seen.change)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, recipe.learning_rate, total_steps=max(steps, _SHORTEST_CYCLE), pct_start=0.1
    )
    average = {name: weight.detach().clone() for name, weight in network.state_dict().items()}
    watched = {name: days for name, days in (("validation", split.validation), ("test", split.test)) if days}
    longest = recipe.seq_len + max((len(days) for days in watched.values()), default=0)
    watched_products = max(20, _WATCHED // longest)
    sampler = Sampler(context, split.fitted, recipe, (seen.mean, seen.first), steps, watched_products, draws)
    last, levels = sampler.shelf.first_day + sampler.last, torch.tensor(QUANTILES, device=context.device)
    course = None if context.seasons_known else Course.of(context, last)

    def gradients_of(*drawn: Tensor) -> tuple[Tensor, Tensor]:
        loss, error = _step_loss(network, sampler.shelf, last, course, recipe, levels, Drawn(*drawn))
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.detach(), error

    step_of = Recording(gradients_of, list(network.parameters()), context.device)
    curves: dict[str, list[float]] = {"train": [], **{part: [] for part in watched}}
    interrupted, errors, done = False, [], 0
    before = checkpoint.load()
    if before is not None:
        network.load_state_dict(under("network.", before.tensors))
        kept = under("average.", before.tensors)
        average = {name: kept[name].to(context.device) for name in average}
        restore_optimiser(optimiser, before, before.told["groups"])
        schedule.load_state_dict(before.told["schedule"])
        draws.set_state(before.tensors["draws"])
        curves, errors, done = before.told["curves"], before.told["errors"], before.told["step"]
        sampler.skip(done)

    def standing(step: int) -> Standing:
        held = optimiser_standing(optimiser)
        tensors = named("network.", network.state_dict()) | named("average.", average) | dict(held.tensors)
        told = {"schedule": schedule.state_dict(), "curves": curves, "errors": errors, "step": step}
        return Standing(tensors | {"draws": draws.get_state()}, told | dict(held.told))

    marks = {round(steps * part / _PARTS) for part in range(1, _PARTS + 1)}
    with tqdm(
        total=steps, initial=done, desc="fitting", unit="step", file=sys.stderr, disable=None, leave=False
    ) as bar:
        try:
            for step in range(done + 1, steps + 1):
                network.train()
                loss, error = map(float, step_of(sampler.draw()))
                if not math.isfinite(error) or not math.isfinite(loss):
                    raise RecipeError(f"Training diverged in step {step}.", "Choose a smaller learning_rate.")
                nn.utils.clip_grad_norm_(network.parameters(), _CLIP)
                optimiser.step()
                schedule.step()
                kept_share = min(recipe.averaging, step / (step + 9))
                take_in = get_ema_multi_avg_fn(kept_share)  # type: ignore[no-untyped-call]
                take_in(list(average.values()), list(network.state_dict().values()), step)
                errors.append(error)
                bar.update()
                if step in marks:
                    curves["train"].append(sum(errors) / len(errors))
                    errors = []
                    for part, days in watched.items():
                        curves[part].append(_watched_error(network, average, sampler, days, recipe))
                if checkpoint.is_due:
                    checkpoint.save(standing(step))
        except KeyboardInterrupt:
            if not curves["train"]:  # hardly anything was learned
                raise
            interrupted = True
    if not interrupted:
        checkpoint.save(standing(steps))
    network.load_state_dict(average)
    network.eval()
    return TrainingRun(curves, len(curves["train"]), interrupted, averaged=True), sampler.shelf


@torch.inference_mode()
def calibrate(network: CatalogNetwork, shelf: Shelf, split: Split, recipe: CatalogRecipe, whole: bool) -> Calibration:
    """The calibration by what is said of the validation days, or, where there are none, of the last fitted days.

    Args:
        whole: units are whole numbers.
    """
    days = split.validation or split.fitted[-recipe.horizon :]
    device, L = shelf.sales.device, recipe.seq_len
    length = L + len(days) - 1
    products = torch.randperm(len(shelf.sales), generator=torch.Generator().manual_seed(recipe.seed))
    origins = torch.arange(L - 1, length, device=device)
    every_week = origins[::_STRIDE]
    horizons = torch.arange(2, max(recipe.horizon, 2) + 1, device=device)
    last = shelf.first_day + days.stop - 1
    found: dict[int, list[tuple[Tensor, Tensor]]] = {NEAR: [], FAR: []}
    for rows in torch.split(products[: max(20, _CALIBRATED // len(days))].to(device), _BLOCK):
        crop = shelf.crop(rows, torch.full_like(rows, days.start - L), length)
        near, state, _ = next_days(network, crop)
        far = far_days(network, crop, near[:, every_week], state[:, every_week], every_week, horizons)
        tomorrow = torch.ones(1, dtype=torch.long, device=device)
        for distance, said, places, ahead in (
            (NEAR, near[:, origins, None], origins, tomorrow),
            (FAR, far, every_week, horizons),
        ):
            y, counts = crop.targets(places, ahead)
            level = crop.scale_ahead(places, ahead)[..., None]
            counts = counts & (crop.days_in_stock[:, places, None] >= _ESTABLISHED)
            counts = counts & (crop.origins[:, places, None] + ahead <= last)
            units = torch.cat([level, said * level], dim=3)
            found[distance].append((units[counts], (y * level[..., 0])[counts]))
    return Calibration.of(
        {
            distance: (torch.cat([said for said, _ in parts]), torch.cat([y for _, y in parts]))
            for distance, parts in found.items()
        },
        whole,
    )


def _step_loss(
    network: CatalogNetwork,
    shelf: Shelf,
    last: int,
    course: Course | None,
    recipe: CatalogRecipe,
    levels: Tensor,
    drawn: Drawn,
) -> tuple[Tensor, Tensor]:
    """The loss of one batch, next day and farther days, and the error of the next day's median.

    Args:
        last: the last day of the shelf that may be learnt from.
        course: of the catalog, that targets are freed of; None: it is learnt, too.
        levels: `[Q]` of the quantiles.
        drawn: on the device.
    """
    device, L = shelf.sales.device, recipe.seq_len
    crop = shelf.crop(drawn.products, drawn.first, L)
    every, tomorrow = torch.arange(L, device=device), torch.ones(1, dtype=torch.long, device=device)
    identity = network.identity(crop.products, crop.groups, drawn.known)
    calendar = network.dates(crop.calendar, drawn.events_known)
    channels, days = crop.ahead(every, tomorrow)
    near, state = network(crop.channels, channels[:, :, 0], calendar[days[:, :, 0]], crop.last_sales, identity)

    def targets(places: Tensor, horizons: Tensor) -> tuple[Tensor, Tensor]:
        y, counts = crop.targets(places, horizons)
        return y if course is None else y / course.drift(crop.origins[:, places], horizons), counts

    alive = (crop.days_in_stock > 0) & (every >= first_learnt(L))  # [B, L]
    weights = drawn.weight[:, None] * crop.level * alive  # errors count in units
    y, counts = targets(every, tomorrow)
    counted = weights * counts[:, :, 0]

    def loss_of(outputs: Tensor, y: Tensor, weights: Tensor) -> Tensor:
        return demand_loss(outputs, y, weights, levels, recipe.tweedie_power, recipe.interval_weight)

    loss = loss_of(near, y[:, :, 0], counted)
    missed = ((near[..., OUTPUTS.index("median")].detach() - y[:, :, 0]).abs() * counted).sum()
    error = missed / (y[:, :, 0] * counted).sum().clamp_min(1e-6)

    places, horizons = drawn.places, drawn.horizons
    far = far_days(network, crop, near[:, places], state[:, places], places, horizons, calendar)
    y, counts = targets(places, horizons)
    counts = counts & (crop.origins[:, places, None] + horizons <= last)
    return loss + loss_of(far, y, weights[:, places, None] * counts), error


@torch.no_grad()
def _watched_error(
    network: CatalogNetwork,
    average: dict[str, Tensor],
    sampler: Sampler,
    days: range,
    recipe: CatalogRecipe,
) -> float:
    """The absolute error of the next day's median over what was sold, by the averaged weights."""
    trained = {name: weight.clone() for name, weight in network.state_dict().items()}
    network.load_state_dict(average)
    network.eval()
    device = sampler.shelf.sales.device
    L = recipe.seq_len + len(days) - 1
    products = sampler.watched.to(device)
    crop = sampler.shelf.crop(products, torch.full_like(products, days.start - recipe.seq_len), L)
    near = next_days(network, crop)[0]
    network.load_state_dict(trained)
    scored = torch.arange(recipe.seq_len - 1, L, device=device)
    y, counts = crop.targets(scored, torch.ones(1, dtype=torch.long, device=device))
    weights = crop.scale[:, scored] * counts[:, :, 0]
    missed = (near[:, scored, OUTPUTS.index("median")] - y[:, :, 0]).abs()
    return float((missed * weights).sum() / (y[:, :, 0] * weights).sum().clamp_min(1e-6))


def next_days(
    network: CatalogNetwork, crop: Crop, last: int | None = None, memory: Memory | None = None
) -> tuple[Tensor, Tensor, Memory]:
    """What the network says after the last origins of a crop.

    Args:
        last: how many, `J`; by default all `L`.
        memory: of the origins before the crop's; None: the pass begins with it.

    Returns:
        `[B, J, Q]` in levels, the states `[B, J, S]`, and the memory of the origins before these `J`.
    """
    device, L = crop.level.device, crop.level.shape[1]
    every = torch.arange(L, device=device)
    channels, days = crop.ahead(every, torch.ones(1, dtype=torch.long, device=device))
    identity = network.identity(crop.products, crop.groups)
    dates = network.dates(crop.calendar)[days[:, :, 0]]
    target = torch.cat([channels[:, :, 0], dates], dim=2)
    before = 0 if last is None else L - last  # the head, which costs as much as the LSTM, is not asked about these
    memory = network.no_memory(len(target)) if memory is None else memory
    if before:
        _, memory = network.run_over(crop.channels[:, :before], target[:, :before], memory)
    asked = slice(before, L)
    states, _ = network.run_over(crop.channels[:, asked], target[:, asked], memory)
    near, state = network.tomorrow(
        states, crop.channels[:, asked], target[:, asked], crop.last_sales[:, asked], identity
    )
    return near, state, memory


def far_days(
    network: CatalogNetwork,
    crop: Crop,
    near: Tensor,
    state: Tensor,
    places: Tensor,
    horizons: Tensor,
    calendar: Tensor | None = None,
) -> Tensor:
    """The days ahead of some origins of a crop: `[B, J, K, Q]` in levels.

    Args:
        near: `[B, J, Q]`, state: `[B, J, S]` of these origins, as `next_days` gave them.
        places: `[J]` of the origins in the crop. horizons: `[K]` days.
        calendar: as `network.dates` gave it, if it did.
    """
    dates = network.dates(crop.calendar) if calendar is None else calendar
    channels, days = crop.ahead(places, horizons)
    means = crop.channels[:, places, : len(MEAN_NAMES)]
    said: Tensor = network.ahead(state, means, near[..., 0].detach(), channels, dates[days], horizons)
    return said
