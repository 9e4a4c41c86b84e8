"""A PostgreSQL server of the tests' own, from the binaries of the system."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

PASSWORD = "do-not-tell"
USER = "shopkeeper"


def binaries() -> Path | None:
    """The folder of `initdb` and `postgres`, where Debian puts them or on the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


@contextlib.contextmanager
def server(programs: Path) -> Iterator[str]:
    """URL of a new database on a free loopback port; all of it is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="shelfcast-postgres-"))
    try:
        data, secret = folder / "data", folder / "password"
        secret.write_text(PASSWORD)
        owner = _owner()
        if owner is not None:
            for path in (folder, secret):
                os.chown(path, owner, -1)
        initdb = [programs / "initdb", "-D", data, "-U", USER, "-A", "scram-sha-256", f"--pwfile={secret}"]
        subprocess.run(
            [*initdb, "--no-sync", "-E", "UTF8", "--no-locale"], check=True, capture_output=True, user=owner, cwd="/"
        )
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "shared_buffers=16MB"]
        command = [programs / "postgres", "-D", data, "-p", str(port), *(p for s in settings for p in ("-c", s))]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, user=owner, cwd="/")
        try:
            _wait(port, process, folder / "log")
            yield f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{port}/postgres"
        finally:
            process.send_signal(signal.SIGINT)  # a fast shutdown: waits for no connection
            process.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _owner() -> int | None:
    """The server does not run as root: the user that runs it in place of root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_uid
    return 65534


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(1200):  # two minutes, on a very busy machine
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            if "ready to accept" in log.read_text():
                return
        time.sleep(0.1)
    raise RuntimeError(f"PostgreSQL did not start: {log.read_text()}")
