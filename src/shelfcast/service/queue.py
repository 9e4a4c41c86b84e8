"""A bounded queue: what computes or writes runs on a few threads, and no more wait than can be served soon."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from .metrics import Metrics
from .problem import Problem
from .settings import MOST_WAITING

T = TypeVar("T")


class WorkQueue:
    """Runs work beside the event loop, in the order in which it came."""

    def __init__(self, metrics: Metrics, threads: int = 1, most: int = MOST_WAITING) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="shelfcast")
        self._waiting, self._most, self._metrics = 0, most, metrics

    async def run(self, work: Callable[[], T]) -> T:
        """Raises Problem 429 when too many wait."""
        if self._waiting >= self._most:
            self._metrics.refused.inc()
            raise Problem(429, f"{self._most} requests are waiting already.", headers={"retry-after": "1"})
        self._waiting += 1
        self._metrics.waiting.set(self._waiting)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1
            self._metrics.waiting.set(self._waiting)

    def close(self) -> None:
        """Waits for what is at work."""
        self._threads.shutdown(wait=True)
