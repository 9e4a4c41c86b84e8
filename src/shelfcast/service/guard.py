"""What stands before every request: its id, the name it asks for, its key, its size; and the headers of answers."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
import time
from collections.abc import MutableMapping
from typing import Any

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .metrics import Metrics
from .problems import MEDIA_TYPE, problem_body
from .settings import MOST_BYTES, ServiceSettings

OPEN = frozenset({"/livez", "/readyz"})  # without a key: who watches whether it lives has none
READING = frozenset({"GET", "HEAD", "OPTIONS"})
ASKING = frozenset({"/v1/forecasts", "/v1/orders"})  # POST there changes nothing

SECURITY = {
    b"content-security-policy": b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    b" connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=()",
    b"cache-control": b"no-store",
}


class TooLarge(HTTPException):
    """The body is larger than may be: found out while the application was reading it."""

    def __init__(self) -> None:
        super().__init__(413)


class Guard:
    """ASGI around the application: what it refuses, the application never sees."""

    def __init__(self, app: ASGIApp, settings: ServiceSettings, metrics: Metrics) -> None:
        self.app, self.settings, self.metrics = app, settings, metrics
        self._hosts = settings.allowed_hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = secrets.token_hex(8)
        scope["request_id"] = request_id
        status, begun = 500, False

        async def answer(message: Message) -> None:
            nonlocal status, begun
            if message["type"] == "http.response.start":
                begun, status = True, message["status"]
                _dress(message, request_id)
            await send(message)

        headers = {name.lower(): value for name, value in scope["headers"]}
        refused = self._refusal(scope, headers)
        try:
            if refused is None:
                await self.app(scope, _limited(receive), answer)
            else:
                await _refuse(answer, request_id, *refused)
        except Exception:
            if not begun:
                await _refuse(answer, request_id, 500, "It has been written to the log under this request id.")
            raise
        finally:
            self.metrics.request(scope, status, time.perf_counter() - started)

    def _refusal(self, scope: Scope, headers: dict[bytes, bytes]) -> tuple[int, str] | None:
        hosts = [value for name, value in scope["headers"] if name.lower() == b"host"]
        if len(hosts) != 1 or _name(hosts[0]) not in self._hosts:
            return 421, "Name the service with --allow-host to ask it under this name."
        length = headers.get(b"content-length", b"0")
        if not length.isdigit():
            return 400, "Content-Length is no number."
        if len(length) > 15 or int(length) > MOST_BYTES:
            return 413, f"A body may have {MOST_BYTES:,} bytes."
        path, method = scope["path"], scope["method"]
        if path in OPEN:
            return None
        changes = method not in READING and path not in ASKING
        return self._key_refusal(_given_key(headers), changes)

    def _key_refusal(self, given: bytes | None, changes: bool) -> tuple[int, str] | None:
        """Both keys are compared whichever is needed, each in a time that does not depend on what was given."""
        own, admin = self.settings.api_key, self.settings.admin_key
        reads = own is not None and given is not None and hmac.compare_digest(given, own.encode())
        writes = admin is not None and given is not None and hmac.compare_digest(given, admin.encode())
        if own is None and (admin is None or not changes):
            return None
        if writes or (reads and not changes):
            return None
        if reads:
            return 403, "Writing needs the admin key."
        return 401, "Send it as X-API-Key, as a bearer token, or as the password of basic authentication."


def _given_key(headers: dict[bytes, bytes]) -> bytes | None:
    if (key := headers.get(b"x-api-key")) is not None:
        return key
    kind, _, value = headers.get(b"authorization", b"").partition(b" ")
    if kind.lower() == b"bearer":
        return value.strip()
    if kind.lower() == b"basic":
        try:
            return base64.b64decode(value.strip(), validate=True).partition(b":")[2]
        except (binascii.Error, ValueError):
            return b""
    return None


def _name(host: bytes) -> str:
    """The Host header without its port."""
    text = host.decode("latin-1").strip().casefold()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") <= 1 else text


def _limited(receive: Receive) -> Receive:
    """Counts what arrives, also of a body that does not say its length."""
    arrived = 0

    async def counted() -> Message:
        nonlocal arrived
        message = await receive()
        if message["type"] == "http.request":
            arrived += len(message.get("body", b""))
            if arrived > MOST_BYTES:
                raise TooLarge
        return message

    return counted


def _dress(message: MutableMapping[str, Any], request_id: str) -> None:
    given = {name.lower() for name, _ in message.setdefault("headers", [])}
    message["headers"] = [
        *message["headers"],
        *((name, value) for name, value in SECURITY.items() if name not in given),
        (b"x-request-id", request_id.encode()),
    ]


async def _refuse(send: Send, request_id: str, status: int, detail: str) -> None:
    body = problem_body(status, detail, request_id)
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    if status == 401:
        headers.append((b"www-authenticate", b'Basic realm="shelfcast", charset="UTF-8"'))
    if status == 413:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
