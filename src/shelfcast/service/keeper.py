"""The model in force: loaded beside the running service, tested, and changed between two requests."""

from __future__ import annotations

import gc
import logging
import threading
import time
from pathlib import Path

from ..errors import ShelfcastError
from ..store import name_in_force
from .metrics import Metrics
from .problem import Problem
from .served import ServedModel

log = logging.getLogger("shelfcast.service")
_LOOK = 0.5  # seconds between looks at the folder
_REST = 20  # times as long as a model could not be loaded, until it is tried again


class ModelKeeper:
    """Follows a model folder. A request takes the model once and keeps it to its end, so no change is ever felt.

    A version that cannot be loaded, or whose self-test fails, leaves the one before it in force.
    """

    def __init__(self, folder: Path, metrics: Metrics) -> None:
        self.folder, self.metrics = folder, metrics
        self._served: ServedModel | None = None
        self._refused: str | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="shelfcast-model", daemon=True)
        self.failure = ""

    def start(self) -> None:
        """Begins to follow the folder, if it did not yet."""
        if self._thread.ident is None:
            self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(timeout=10)

    @property
    def served(self) -> ServedModel:
        """Raises Problem 503 while there is none."""
        if self._served is None:
            raise Problem(503, "The model is being loaded, or cannot be.", headers={"retry-after": "2"})
        return self._served

    @property
    def is_ready(self) -> bool:
        return self._served is not None

    def look(self) -> None:
        """Takes the version in force into service, if it is another one.

        What is in force is read once: it may be another one by the time that this one is loaded.
        """
        name = ""
        try:
            name = name_in_force(self.folder)
            if self._served is not None and name in (self._served.version, self._refused):
                return
            served = ServedModel.load(self.folder, name)
            if self._served is None:
                self._take(served)  # forecasts are answered while its scores are read
            served.read_scores()
        except Exception as error:
            if name != self._refused:
                known = isinstance(error, ShelfcastError)
                log.error("The model cannot be taken into service: %s", error, exc_info=None if known else error)
                self.metrics.failures.inc()
            self.failure, self._refused = type(error).__name__, name
            return
        if self._served is not served:
            self._take(served)

    def _take(self, served: ServedModel) -> None:
        """Into service."""
        if self._served is None:
            # What stays for as long as the process is no garbage: looking through it stops all answers for a quarter
            # of a second, each time.
            gc.freeze()
        self._served, self._refused, self.failure = served, None, ""
        self.metrics.ready.set(1)
        self.metrics.changes.inc()
        self.metrics.products.set(len(served.panel.products))
        self.metrics.last_day.set(served.panel.last_day.astype("datetime64[s]").astype(int))
        log.info("In service: %s, %d products, sales up to %s", served.version, len(served.rows), served.panel.last_day)

    def _follow(self) -> None:
        while not self._stop.is_set():
            begun = time.monotonic()
            self.look()
            tried = 0.0 if self.is_ready else time.monotonic() - begun  # to load one that cannot be
            self._stop.wait(max(_LOOK, _REST * tried))
