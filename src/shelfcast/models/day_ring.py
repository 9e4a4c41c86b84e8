"""The last days of something, of all products, that moves on a day at a time."""

from __future__ import annotations

import torch
from torch import Tensor


class DayRing:
    """The last `W` days, a day a row: each new day takes the row of the oldest.

    Day-major, unlike a panel, so that a new day writes one row in a stretch; of a file that is mapped into
    memory it touches the pages of that row alone.

    Attributes:
        rows: `[W, N]`; a day, counted from 1970 on, stands in the row of its number modulo `W`.
    """

    def __init__(self, rows: Tensor) -> None:
        self.rows = rows

    def put(self, day: int, columns: slice, values: Tensor) -> None:
        """Some products' `values [B]` of a day, in the place of those `W` days before."""
        self.rows[day % len(self.rows), columns] = values

    def fill(self, day: int, columns: slice, values: Tensor) -> None:
        """Some products' `values [B, W]` of the days up to `day`."""
        newest = day % len(self.rows) + 1
        self.rows[newest:, columns], self.rows[:newest, columns] = values.T.tensor_split([len(self.rows) - newest])

    def until(self, day: int, columns: slice | Tensor) -> Tensor:
        """`[B, W]` of some products, the newest day, `day`, last; a copy."""
        newest = day % len(self.rows) + 1
        return torch.cat([self.rows[newest:, columns], self.rows[:newest, columns]]).T.contiguous()
