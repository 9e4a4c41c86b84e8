"""What the parts of a running service share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from fastapi import Request

from .keeper import ModelKeeper
from .ledger import SalesLedger
from .metrics import Metrics
from .queue import WorkQueue
from .served import ServedModel
from .settings import ServiceSettings

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Services:
    """One of each a service.

    Attributes:
        computing, writing: apart, so that no sale waits for a forecast.
    """

    settings: ServiceSettings
    metrics: Metrics
    keeper: ModelKeeper
    ledger: SalesLedger
    computing: WorkQueue
    writing: WorkQueue

    @classmethod
    def made(cls, settings: ServiceSettings, keeper: ModelKeeper) -> Services:
        """Raises ServiceError where the database cannot be opened."""
        return cls(
            settings,
            keeper.metrics,
            keeper,
            SalesLedger(settings.database_url),
            WorkQueue(keeper.metrics),
            WorkQueue(keeper.metrics),
        )

    async def once(self, served: ServedModel, name: str, make: Callable[[], T]) -> T:
        """What `make` gives, made once a model."""
        if name not in served.made:
            served.made[name] = await self.computing.run(make)
        made: T = served.made[name]
        return made

    @staticmethod
    def of(request: Request) -> Services:
        services: Services = request.app.state.services
        return services
