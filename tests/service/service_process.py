"""`shelfcast serve` as a process of its own, as a user starts it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Process:
    """A running service."""

    def __init__(self, model: Path, *options: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "-W", "error", "-m", "shelfcast", "serve", str(model), "--port", str(self.port)]
        self.process = subprocess.Popen(
            [*command, *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=dict(os.environ)
        )
        self.started = time.monotonic()

    def wait_until_ready(self, seconds: float = 300) -> float:
        """How long it took."""
        while time.monotonic() - self.started < seconds:
            try:
                with urllib.request.urlopen(self.url + "/readyz", timeout=5):
                    return time.monotonic() - self.started
            except (urllib.error.URLError, OSError):
                if self.process.poll() is not None:
                    break
                time.sleep(0.05)
        self.process.kill()
        out, _ = self.process.communicate()
        raise AssertionError(f"The service did not get ready: {out.decode()[-2000:]}")

    def requests(self) -> dict[str, int]:
        """Answers by status, as it counts them itself."""
        with urllib.request.urlopen(self.url + "/metrics", timeout=10) as answer:
            text = answer.read().decode()
        counted: dict[str, int] = {}
        for status, count in re.findall(r'^shelfcast_requests_total\{.*status="(\d+)"\} (\d+)', text, re.M):
            counted[status] = counted.get(status, 0) + int(count)
        return counted

    def stop(self, how: int = signal.SIGTERM) -> str:
        """Ends it; what it printed."""
        self.process.send_signal(how)
        out, _ = self.process.communicate(timeout=60)
        return out.decode()


@contextmanager
def running(model: Path, *options: str) -> Iterator[Process]:
    process = Process(model, *options)
    try:
        process.wait_until_ready()
        yield process
    finally:
        if process.process.poll() is None:
            process.stop(signal.SIGKILL)
