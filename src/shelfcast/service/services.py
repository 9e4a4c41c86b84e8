"""What the parts of a running service share."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from .keeper import ModelKeeper
from .ledger import SalesLedger
from .metrics import Metrics
from .queue import WorkQueue
from .settings import ServiceSettings


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
    def made(cls, settings: ServiceSettings) -> Services:
        """Raises ServiceError where the database cannot be opened."""
        metrics = Metrics()
        return cls(
            settings,
            metrics,
            ModelKeeper(settings.model, metrics),
            SalesLedger(settings.database_url),
            WorkQueue(metrics),
            WorkQueue(metrics),
        )

    @staticmethod
    def of(request: Request) -> Services:
        services: Services = request.app.state.services
        return services
