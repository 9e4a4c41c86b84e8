"""The catalog network: one CNN+LSTM for all products, every day an origin, a near and a far head."""

from __future__ import annotations

from itertools import accumulate
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..crops import SALES_DAYS, Inputs
from ..features.recent import MEAN_NAMES

QUANTILES = (0.025, 0.1, 0.5, 0.9, 0.975)
OUTPUTS = ("mean", "lo-95", "lo-80", "median", "hi-80", "hi-95")  # the mean, then these quantiles
_UNTRAINED = (0.3, -2.0, -1.0, -0.3, 0.3, -0.3)  # before softplus: a demand of about the level
_LEAST = 1e-4  # levels, of a mean
_CODE = 4  # numbers that a horizon is told by


class Memory(NamedTuple):
    """What the origins so far have left behind in the network: all that the next one needs of them.

    Attributes:
        inputs: `[B, C + Z + calendar, kernel_size - 1]` of the convolution, the last ones.
        hidden, cell: `[B, hidden]` of the LSTM.
    """

    inputs: Tensor
    hidden: Tensor
    cell: Tensor


class CatalogNetwork(nn.Module):
    """Weights shared by all products and by all days ahead.

    Forked origins (Wen et al., "A multi-horizon quantile recurrent forecaster", arXiv 1711.11053): the LSTM
    runs over the days once, and its state at each day feeds the heads. Linear paths past all other layers
    follow Lai et al., "Modeling long- and short-term temporal patterns with deep neural networks" (LSTNet),
    arXiv 1703.07015. The day after an origin has a head of its own: in one head the two tasks fight.

    Args:
        inputs: channels that it is given; `C` of an origin, `Z` of a day ahead, `D` of a date.
        products, groups: rows of the embeddings, of `E` numbers; group 0 is the catalog.
        filters, kernel_size: of the convolution over the days.
        hidden: units of the LSTM.
        embedding: `E`.
        calendar: numbers that a date is projected to.
        head: units of a head's first layer, `A`; its second has half of them.
    """

    def __init__(
        self,
        inputs: Inputs,
        products: int,
        groups: int,
        *,
        filters: int,
        kernel_size: int,
        hidden: int,
        embedding: int,
        calendar: int,
        head: int,
    ) -> None:
        super().__init__()
        self.inputs, self.kernel_size = inputs, kernel_size
        self.calendar = nn.Linear(inputs.calendar, calendar, bias=False)
        self.product_embedding = nn.Embedding(products, embedding)
        self.group_embedding = nn.Embedding(groups, embedding)
        target = inputs.target + calendar
        self.convolution = nn.Conv1d(inputs.origin + target, filters, kernel_size)
        self.lstm = nn.LSTM(filters, hidden, batch_first=True)
        state = hidden + inputs.origin + 2 * embedding
        self.near_first = nn.Linear(state + target, head)
        self.near_rest = _head(head)
        self.near_highway = nn.Linear(SALES_DAYS + inputs.origin + target, 1, bias=False)
        self.far_origin = nn.Linear(state + 2, head)
        self.far_target = nn.Linear(target + _CODE, head, bias=False)
        self.far_rest = _head(head)
        self.far_highway = nn.Linear(3 * (inputs.target + len(MEAN_NAMES) + 1), 1, bias=False)
        nn.init.normal_(self.calendar.weight, std=0.1)
        nn.init.normal_(self.product_embedding.weight, std=0.05)
        nn.init.normal_(self.group_embedding.weight, std=0.05)
        nn.init.zeros_(self.near_highway.weight)
        nn.init.constant_(self.near_highway.weight.data[:, :SALES_DAYS], 0.3 / SALES_DAYS)
        nn.init.zeros_(self.far_highway.weight)

    def identity(self, products: Tensor, groups: Tensor, known: Tensor | None = None) -> Tensor:
        """What stands for a product and for its groups.

        Args:
            products: `[B]` rows. groups: `[B, 1 + A]`, the catalog first.
            known: `[B, 1 + A]` 1 or 0, of the product and of each group: an unknown one is told by zeros.

        Returns:
            `[B, 2 E]`.
        """
        own = self.product_embedding(products)  # [B] -> [B, E]
        shared = self.group_embedding(groups[:, 1:])  # [B, A] -> [B, A, E]
        if known is not None:
            own, shared = own * known[:, :1], shared * known[:, 1:, None]
        return torch.cat([own, shared.sum(dim=1)], dim=1)  # -> [B, 2 E]

    def dates(self, calendar: Tensor, events_known: Tensor | None = None) -> Tensor:
        """The calendar, projected: what `forward` and `ahead` are told of a day.

        Args:
            calendar: `[days, D]`.
            events_known: `[]` 0 hides all events, so that the network learns what a year without them is.

        Returns:
            `[days, calendar]`.
        """
        if events_known is not None:
            kept = torch.ones_like(calendar[0])  # [D]
            kept[self.inputs.calendar - self.inputs.events :] = events_known
            calendar = calendar * kept
        projected: Tensor = self.calendar(calendar)  # [days, D] -> [days, calendar]
        return projected

    def forward(
        self,
        channels: Tensor,
        next_channels: Tensor,
        next_dates: Tensor,
        last_sales: Tensor,
        identity: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """The day after each origin.

        Args:
            channels: `[B, L, C]` of the origins.
            next_channels: `[B, L, Z]` of the day after each.
            next_dates: `[B, L, calendar]` of the day after each, as `dates` gave it.
            last_sales: `[B, L, SALES_DAYS]` in levels.
            identity: `[B, 2 E]`.

        Returns:
            `[B, L, Q]` in levels, Q as in `OUTPUTS`, and `[B, L, S]`, the state of each origin for `ahead`.
        """
        target = torch.cat([next_channels, next_dates], dim=2)  # [B, L, Z + calendar]
        states, _ = self.run_over(channels, target)  # [B, L, hidden]
        return self.tomorrow(states, channels, target, last_sales, identity)

    def no_memory(self, products: int) -> Memory:
        """Of no origin: what a pass begins with."""
        weight = self.convolution.weight
        inputs = weight.new_zeros(products, self.convolution.in_channels, self.kernel_size - 1)
        nothing = weight.new_zeros(products, self.lstm.hidden_size)
        return Memory(inputs, nothing, nothing)

    def run_over(self, channels: Tensor, target: Tensor, memory: Memory | None = None) -> tuple[Tensor, Memory]:
        """The convolution and the LSTM over origins in a row.

        Args:
            channels: `[B, L, C]` of the origins.
            target: `[B, L, Z + calendar]` of the day after each.
            memory: of the origins before them; None: these are the first.

        Returns:
            `[B, L, hidden]`, and the memory of these and the ones before.
        """
        x = torch.cat([channels, target], dim=2).transpose(1, 2)  # [B, C + Z + calendar, L]
        before = self.kernel_size - 1
        memory = self.no_memory(len(x)) if memory is None else memory
        carried = memory.hidden[None], memory.cell[None]
        x = torch.cat([memory.inputs, x], dim=2)  # causal: [B, C + Z + calendar, before + L]
        inputs = x[:, :, x.shape[2] - before :]
        x = torch.relu(self._convolved(x)).transpose(1, 2)  # -> [B, L, filters]
        states, (hidden, cell) = self.lstm(x, carried)  # [B, L, filters] -> [B, L, hidden]
        return states, Memory(inputs, hidden[0], cell[0])

    def _convolved(self, x: Tensor) -> Tensor:
        """`[B, C + Z + calendar, before + L]` to `[B, filters, L]`."""
        if x.shape[2] == self.kernel_size:  # a night's one day: a product of matrices, three times as fast
            weight = self.convolution.weight.flatten(1)  # [filters, (C + Z + calendar) kernel_size]
            return functional.linear(x.flatten(1), weight, self.convolution.bias)[:, :, None]  # -> [B, filters, 1]
        days: Tensor = self.convolution(x)  # -> [B, filters, L]
        return days

    def tomorrow(
        self, states: Tensor, channels: Tensor, target: Tensor, last_sales: Tensor, identity: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The near head, on what `run_over` gave; arguments and results as in `forward`."""
        spread = identity[:, None].expand(-1, channels.shape[1], -1)  # [B, 2 E] -> [B, L, 2 E]
        state = torch.cat([states, channels, spread], dim=2)  # [B, L, S]
        x = torch.relu(self.near_first(torch.cat([state, target], dim=2)))  # [B, L, A]
        linear = self.near_highway(torch.cat([last_sales, channels, target], dim=2))  # [B, L, 1]
        return _ordered(self.near_rest(x), linear), state  # [B, L, Q], [B, L, S]

    def ahead(
        self,
        state: Tensor,
        means: Tensor,
        next_mean: Tensor,
        channels: Tensor,
        dates: Tensor,
        horizons: Tensor,
    ) -> Tensor:
        """Days ahead of some origins.

        Args:
            state: `[B, J, S]` of these origins.
            means: `[B, J, M]` of their channels, those of `MEAN_NAMES`.
            next_mean: `[B, J]` in levels, the mean that `forward` gave.
            channels: `[B, J, K, Z]` of the days ahead. dates: `[B, J, K, calendar]` of them, as `dates` gave it.
            horizons: `[K]`, how many days ahead, 1 or more.

        Returns:
            `[B, J, K, Q]` in levels, Q as in `OUTPUTS`.
        """
        K = len(horizons)
        tomorrow = torch.stack([next_mean.clamp_max(4), (next_mean + 0.05).log()], dim=2)  # [B, J, 2]
        code = horizon_code(horizons).expand(*channels.shape[:2], -1, -1)  # [K, 4] -> [B, J, K, 4]
        target = torch.cat([channels, dates, code], dim=3)  # [B, J, K, Z + calendar + 4]
        origin = self.far_origin(torch.cat([state, tomorrow], dim=2))  # [B, J, S + 2] -> [B, J, A]
        x = torch.relu(origin[:, :, None] + self.far_target(target))  # [B, J, 1, A] + [B, J, K, A]
        lately = torch.cat([means, tomorrow[..., :1]], dim=2)[:, :, None].expand(-1, -1, K, -1)  # [B, J, K, M + 1]
        linear = torch.cat([channels, lately], dim=3)  # [B, J, K, Z + M + 1]
        linear = torch.cat([linear, linear * code[..., 3:], linear * code[..., 2:3]], dim=3)  # near, all, far
        return _ordered(self.far_rest(x), self.far_highway(linear))  # -> [B, J, K, Q]


def horizon_code(horizons: Tensor) -> Tensor:
    """`[K]` days ahead to `[K, 4]`: numbers of which some tell near days apart and some far ones."""
    h = horizons.float()
    return torch.stack([1 / h, h.log() / 4, h / 28, torch.exp(-(h - 1) / 3)], dim=1)


def _head(width: int) -> nn.Sequential:
    """The layers of a head after its first: `[..., A]` to `[..., Q]`."""
    middle = (width + 1) // 2
    last = nn.Linear(middle, len(OUTPUTS))
    nn.init.normal_(last.weight, std=0.02)
    with torch.no_grad():
        last.bias.copy_(torch.tensor(_UNTRAINED))
    return nn.Sequential(nn.Linear(width, middle), nn.ReLU(), last)


def _ordered(raw: Tensor, highway: Tensor) -> Tensor:
    """Means above 0, and quantiles as sums of steps of 0 or more, so that they never cross.

    Args:
        raw: `[..., Q]` of a head. highway: `[..., 1]`, added to the mean.
    """
    mean = functional.softplus(raw[..., 0] + highway[..., 0]) + _LEAST  # [...]
    steps = functional.softplus(raw[..., 1:]).unbind(dim=-1)  # sums of so few go slowly through cumsum on a GPU
    return torch.stack([mean, *accumulate(steps)], dim=-1)
