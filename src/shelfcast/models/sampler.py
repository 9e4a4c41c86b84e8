"""What chance decides of a step of training: products, days, what is hidden, which days ahead are asked for."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ..crops import Context, Shelf
from ..errors import HistoryError
from ..recipe import CatalogRecipe

_STRIDE = 7  # days between the origins whose farther days are forecast
_HORIZONS = 12  # days ahead, drawn anew each step, that these forecast
_WARM_UP = 8  # the first of so many parts of a crop carries no loss
_EVENTS_HIDDEN = 0.3  # of the steps: what a network has seen three times must not carry a forecast alone
_SLOWEST = 0.02  # units a day: slower products are drawn as often as these


class Drawn(NamedTuple):
    """A step's draws.

    Attributes:
        products: `[B]` rows of the shelf. first: `[B]` days of the panel, where their crops begin.
        weight: `[B]` of each product in the loss.
        known: `[B, 1 + A]` 1 or 0, of the product and of each group: 0 hides its embedding.
        events_known: `[]` 0 hides all events.
        places: `[J]` of the origins in the crop whose farther days are forecast.
        horizons: `[K]` days ahead that these forecast.
    """

    products: Tensor
    first: Tensor
    weight: Tensor
    known: Tensor
    events_known: Tensor
    places: Tensor
    horizons: Tensor


class Sampler:
    """Draws crops whose last target is the last fitted day at the latest.

    Products are drawn in proportion to the square root of their mean sales in the last year of the fitted
    days, later days more often than earlier ones; the weights of the loss make up for the first. All products
    are drawn before the first step, so that of a large catalog only those need to stand on the shelf.

    Attributes:
        shelf: of the products that are drawn or watched.
        watched: `[W]` rows of the shelf, drawn all alike.
    """

    def __init__(
        self,
        context: Context,
        fitted: range,
        recipe: CatalogRecipe,
        products: tuple[Tensor, Tensor],
        steps: int,
        watched: int,
        draws: torch.Generator,
    ) -> None:
        self.recipe, self.draws = recipe, draws
        self.last = fitted.stop - 1
        mean, first = products
        if not (first < self.last).any():
            raise HistoryError(
                "No product is on sale before the last of the days to be fitted on.",
                "Give more days, or choose fewer test days.",
            )
        share = mean.clamp_min(_SLOWEST).sqrt() * (first < self.last)
        drawn = torch.multinomial(share, steps * recipe.batch_size, replacement=True, generator=draws)
        sample = torch.randperm(len(share), generator=draws)[:watched]
        rows, places = torch.unique(torch.cat([drawn, sample]), return_inverse=True)
        self.shelf = Shelf(context, rows.numpy())
        self.watched = places[len(drawn) :]
        self._batches = iter(places[: len(drawn)].view(steps, -1))
        self._weight = 1 / share[rows].clamp_min(1e-6)
        self._first = torch.maximum(first[rows] + 1, torch.tensor(fitted.stop - recipe.history_days))

    def skip(self, steps: int) -> None:
        """Passes over the products of the first steps, which a checkpoint has behind it."""
        for _ in range(steps):
            next(self._batches)

    def draw(self) -> Drawn:
        """Of the next step, a crop of the next `batch_size` products."""
        recipe, L = self.recipe, self.recipe.seq_len
        products = next(self._batches)
        room = (self.last - L - self._first[products]).clamp_min(0)
        place = torch.rand(len(products), generator=self.draws).pow(1 / recipe.recency)
        first = self.last - L - room + (place * (room + 1)).long().clamp_max(room)
        known = torch.rand(len(products), self.shelf.groups.shape[1], generator=self.draws) >= recipe.embedding_dropout
        events_known = torch.rand((), generator=self.draws)
        skipped = first_learnt(L)
        stride = min(_STRIDE, L - skipped)
        start = skipped + int(torch.randint(stride, (1,), generator=self.draws))
        horizons = torch.randperm(recipe.horizon, generator=self.draws)[:_HORIZONS].sort().values + 1
        return Drawn(
            products,
            first,
            self._weight[products],
            known.float(),
            (events_known >= _EVENTS_HIDDEN).float(),
            torch.arange(start, L, stride),
            horizons,
        )


def first_learnt(seq_len: int) -> int:
    """The first origin of a crop that carries loss: of those before it, the LSTM has seen too little."""
    return seq_len // _WARM_UP
