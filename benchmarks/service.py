"""The service under load, from a second process on loopback: latency, batches, start, model changes, SIGTERM, SIGKILL.

    python -m benchmarks.service --products 10000 --out bench/service

Each line of the table is printed beside what issue it answers; nothing is asserted here, tests are in `tests/service`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from shelfcast.panel import DAY
from shelfcast.store import put_in_force

_STARTS = 3
_CONNECTIONS = 16  # of the load
_WHOLE_DAY = 86_400.0  # seconds


class Service:
    """`shelfcast serve` as a process."""

    def __init__(self, model: Path, *options: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = [sys.executable, "-m", "shelfcast", "serve", str(model), "--port", str(self.port), *options]
        self.started = time.monotonic()
        log = (model.parent / "service.log").open("ab")
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log)

    def wait_until_ready(self) -> float:
        while time.monotonic() - self.started < 300 and self.process.poll() is None:
            try:
                if asyncio.run(Connection.once(self.port, "GET", "/readyz"))[0] == 200:
                    return time.monotonic() - self.started
            except OSError:
                pass
            time.sleep(0.02)
        self.process.kill()
        raise SystemExit(f"The service did not get ready: {' '.join(map(str, self.process.args))}")  # type: ignore[arg-type]

    @property
    def cpu_seconds(self) -> float:
        """Of all its threads so far; on Linux."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self, how: int) -> int:
        self.process.send_signal(how)
        return self.process.wait(timeout=60)


class Connection:
    """One kept-alive connection; as little between the clock and the service as can be."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def opened(cls, port: int) -> Connection:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    @classmethod
    async def once(cls, port: int, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        connection = await cls.opened(port)
        try:
            return await connection.ask(method, path, body)
        finally:
            connection.writer.close()

    async def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        head = f"{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len(body)}\r\n"
        head += "content-type: application/json\r\n\r\n"
        self.writer.write(head.encode() + body)
        answer = await self.reader.readuntil(b"\r\n\r\n")
        lines = answer.decode("latin-1").split("\r\n")
        length = next((int(line.split(":")[1]) for line in lines if line.lower().startswith("content-length")), 0)
        return int(lines[0].split()[1]), await self.reader.readexactly(length)


async def load(
    port: int, rate: float, seconds: float, request: Any, stop: asyncio.Event | None = None
) -> tuple[list[float], int]:
    """Requests at a fixed rate, whether or not answers come (open loop): the seconds of each, and how many failed."""
    pool: asyncio.Queue[Connection] = asyncio.Queue()
    for _ in range(_CONNECTIONS):
        pool.put_nowait(await Connection.opened(port))
    taken: list[float] = []
    failed = 0

    async def one(at: int, due: float) -> None:
        nonlocal failed
        connection = await pool.get()
        try:
            status, _ = await connection.ask(*request(at))
            failed += status != 200
        except (OSError, asyncio.IncompleteReadError):
            failed += 1
            connection = await Connection.opened(port)
        taken.append(time.perf_counter() - due)
        pool.put_nowait(connection)

    tasks, begun = [], time.perf_counter()
    for at in range(int(rate * seconds)):
        if stop is not None and stop.is_set():
            break
        due = begun + at / rate
        if (left := due - time.perf_counter()) > 0:
            await asyncio.sleep(left)
        tasks.append(asyncio.create_task(one(at, due)))
    await asyncio.gather(*tasks)
    return taken, failed


def percentile(taken: list[float]) -> str:
    return f"p50 {1000 * np.percentile(taken, 50):.1f} ms, p99 {1000 * np.percentile(taken, 99):.1f} ms"


def make_model(folder: Path, products: int, days: int) -> None:
    from shelfcast import Forecaster, sample_shop

    shop = sample_shop(products=products, days=days)
    Forecaster("catalog", device="cpu", steps=20).fit(shop.panel, test_days=28).save(folder)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.service", description=__doc__)
    parser.add_argument("--products", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=400)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--changes", type=int, default=100)
    parser.add_argument("--out", type=Path, default=Path("bench/service"))
    options = parser.parse_args()
    model = options.out / "model"
    if not (model / "current").exists():
        make_model(model, options.products, options.days)
    rows: list[tuple[str, str]] = []

    def told(what: str, result: str) -> None:
        rows.append((what, result))
        print(f"{what}: {result}", flush=True)

    for start in range(_STARTS):
        service = Service(model)
        taken = service.wait_until_ready()
        told("ready after the start", f"{taken:.1f} s ({service.cpu_seconds:.1f} s CPU)")
        if start < _STARTS - 1:
            service.end(signal.SIGTERM)
    answer = json.loads(asyncio.run(Connection.once(service.port, "GET", "/v1/forecasts?page_size=10000&horizon=1"))[1])
    names, cutoff = [row["unique_id"] for row in answer["forecasts"]], np.datetime64(answer["cutoff"])

    def stored(at: int) -> tuple[str, str]:
        return "GET", f"/v1/forecasts?unique_id={names[at * 7919 % len(names)]}"

    def live(at: int) -> tuple[str, str, bytes]:
        row = {"unique_id": names[at * 7919 % len(names)], "ds": str(cutoff + DAY), "y": at % 9}
        return "POST", "/v1/forecasts", json.dumps({"sales": [row]}).encode()

    told("stored forecast, 500 requests a second", under_load(service, 500, options.seconds, stored))
    told("live forecast of one product, 50 a second", under_load(service, 50, options.seconds, live))
    rows_of_all = [{"unique_id": name, "ds": str(cutoff + DAY), "y": 3} for name in names]
    for horizon in (1, 28):
        body = json.dumps({"sales": rows_of_all, "horizon": horizon}).encode()
        begun, before = time.perf_counter(), service.cpu_seconds
        status, _ = asyncio.run(Connection.once(service.port, "POST", "/v1/forecasts", body))
        told(
            f"live batch of {len(names):,} products, {horizon} days ahead",
            f"{time.perf_counter() - begun:.1f} s ({service.cpu_seconds - before:.1f} s CPU; status {status})",
        )
    told(f"{options.changes} model changes under load", changes(service, model, options.changes, stored))
    told("SIGTERM under load", sigterm(service, live))
    told("SIGKILL while sales are posted", sigkill(model, names, cutoff))
    lines = ["| | measured |", "|---|---|", *(f"| {what} | {result} |" for what, result in rows)]
    (options.out / "service.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def under_load(service: Service, rate: float, seconds: float, request: Any) -> str:
    before = service.cpu_seconds
    taken, failed = asyncio.run(load(service.port, rate, seconds, request))
    each = 1000 * (service.cpu_seconds - before) / len(taken)
    return f"{percentile(taken)} ({each:.1f} ms CPU each); {failed} of {len(taken):,} failed"


def changes(service: Service, model: Path, count: int, stored: Any) -> str:
    """Versions come into force, each as a copy under another name, while forecasts are asked for."""
    name = (model / "current").read_text(encoding="utf-8").strip()
    others = [f"{name[:-6]}{at:06x}" for at in range(2)]
    for other in others:
        os.symlink((model / "versions" / name).resolve(), model / "versions" / other)

    async def change() -> tuple[int, list[float], int]:
        stop, seen = asyncio.Event(), 0
        requests = asyncio.create_task(load(service.port, 100, _WHOLE_DAY, stored, stop))
        for at in range(count):
            await asyncio.to_thread(put_in_force, model, others[at % 2])  # it waits for the disk
            for _ in range(600):
                status, body = await Connection.once(service.port, "GET", "/readyz")
                if status == 200 and json.loads(body)["model"] == others[at % 2]:
                    seen += 1
                    break
                await asyncio.sleep(0.05)
        stop.set()
        return seen, *await requests

    try:
        changed, taken, failed = asyncio.run(change())
    finally:
        put_in_force(model, name)
        for other in others:
            (model / "versions" / other).unlink()
    beside = f"stored forecasts, 100 a second: {percentile(taken)}, {failed} of {len(taken):,} failed"
    return f"{changed} taken into service; {beside}"


def sigterm(service: Service, live: Any) -> str:
    """Requests that are at work when SIGTERM comes."""

    async def interrupted() -> tuple[int, int]:
        connections = [await Connection.opened(service.port) for _ in range(20)]
        asked = [asyncio.create_task(c.ask(*live(at))) for at, c in enumerate(connections)]
        await asyncio.sleep(0.02)
        service.process.send_signal(signal.SIGTERM)
        answers = await asyncio.gather(*asked, return_exceptions=True)
        return len(answers), sum(isinstance(a, tuple) and a[0] == 200 for a in answers)

    asked, answered = asyncio.run(interrupted())
    return f"{answered} of {asked} requests at work were answered, exit code {service.process.wait(timeout=60)}"


def sigkill(model: Path, names: list[str], cutoff: np.datetime64) -> str:
    """Sales that were acknowledged before the process was killed, and are in the database after it."""
    acknowledged: set[str] = set()
    kills = 5
    for kill in range(kills):
        service = Service(model)
        service.wait_until_ready()

        async def posting(service: Service, kill: int) -> None:
            async def one(part: int) -> None:
                connection = await Connection.opened(service.port)
                for at in range(part, len(names), 8):
                    row = {"unique_id": names[at], "ds": str(cutoff + (1 + kill) * DAY), "y": 1 + kill}
                    status, _ = await connection.ask("POST", "/v1/sales", json.dumps({"sales": [row]}).encode())
                    if status == 200:
                        acknowledged.add(f"{names[at]} {row['ds']}")

            tasks = [asyncio.create_task(one(part)) for part in range(8)]
            await asyncio.sleep(0.7)
            service.process.kill()
            await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.run(posting(service, kill))
        service.process.wait(timeout=60)
    with sqlite3.connect(model / "sales.sqlite3") as database:
        kept = {f"{name} {day}" for name, day in database.execute("SELECT unique_id, ds FROM shelfcast_sales")}
    lost = len(acknowledged - kept)
    return f"{kills} times, {len(acknowledged):,} acknowledged, {lost} lost"


if __name__ == "__main__":
    main()
