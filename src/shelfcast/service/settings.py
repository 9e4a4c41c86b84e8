"""How a service is run: where it listens, who may ask, and how much at once."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import ShelfcastError

API_KEY, ADMIN_KEY = "SHELFCAST_API_KEY", "SHELFCAST_ADMIN_KEY"
MOST_BYTES = 10_000_000  # of a body
MOST_PRODUCTS = 10_000  # a call
MOST_DAYS = 365  # a call
MOST_WAITING = 32  # requests that compute or write, at work and in the queue
_LEAST_KEY = 16  # characters


class ServiceError(ShelfcastError):
    """A service cannot be started as it was asked for."""


@dataclass(frozen=True)
class ServiceSettings:
    """Of one service.

    Attributes:
        model: the model folder.
        host, port: where it listens.
        api_key: that every request must bring; None: nobody is asked.
        admin_key: that writing needs; None: whoever may read may write where there is no `api_key`, else nobody.
        database: URL of the database of posted sales; None: a SQLite file in the model folder.
        hosts: names under which it may be asked, beside the address itself and localhost.
        stock: a table of stock, for the order list.

    Raises:
        ServiceError: an address that is not loopback without a key, or a key that is too short.
    """

    model: Path
    host: str = "127.0.0.1"
    port: int = 8000
    api_key: str | None = None
    admin_key: str | None = None
    database: str | None = None
    hosts: tuple[str, ...] = ()
    stock: Path | None = None

    def __post_init__(self) -> None:
        if not is_loopback(self.host) and self.api_key is None:
            raise ServiceError(
                f"{self.host} can be reached from other machines, and no API key is set.",
                f"Set {API_KEY} (and {ADMIN_KEY} for writing), or serve on 127.0.0.1.",
            )
        for name, key in ((API_KEY, self.api_key), (ADMIN_KEY, self.admin_key)):
            if key is not None and (len(key) < _LEAST_KEY or not key.isascii() or not key.isprintable()):
                raise ServiceError(
                    f"{name} must be {_LEAST_KEY} ASCII characters or more.",
                    'Make one with: python -c "import secrets; print(secrets.token_urlsafe(32))"',
                )
        if self.api_key is not None and self.api_key == self.admin_key:
            raise ServiceError(f"{API_KEY} and {ADMIN_KEY} are the same.", "Reading and writing need different keys.")

    @property
    def database_url(self) -> str:
        return self.database or f"sqlite:///{(self.model / 'sales.sqlite3').resolve()}"

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """Lower-case names that the Host header may have, without the port."""
        own = () if self.host in ("0.0.0.0", "::") else (self.host,)
        return frozenset(name.casefold() for name in (*own, *self.hosts, "localhost", "127.0.0.1", "::1"))


def is_loopback(host: str) -> bool:
    if host.casefold() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_key(name: str, file: Path | None, environment: Mapping[str, str] = os.environ) -> str | None:
    """The key of a file, if one is named, else of the environment.

    Raises:
        ServiceError: the file cannot be read, or is empty.
    """
    if file is None:
        return environment.get(name) or None
    try:
        key = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ServiceError(f"The key file {file} cannot be read.", "Check its path and permissions.") from error
    if not key:
        raise ServiceError(f"The key file {file} is empty.", "Write a key into it.")
    return key
