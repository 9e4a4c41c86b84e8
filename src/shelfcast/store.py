"""A model folder: versions, each whole or not at all, and the name of the one in force.

    MODEL/
      current                 the name of the version in force, one line
      versions/<id>/
        manifest.json         format version, and SHA-256 and size of each other file
        recipe.json           the recipe
        products.json         names and attributes, in the order of the weights
        weights.safetensors   network and scaler numbers
        sales.safetensors     the last days of sales, from which tomorrow is forecast
        ahead.safetensors     the forecast of the days after them
        memory.safetensors    what the network remembers of the days before the last, which live forecasts go on from
        backtest.safetensors  what was forecast of the test days
        ...                   scores, forecasts of the test days, report

A version is written beside the others under a temporary name, synced, and renamed; only then does `current` point to
it. Nothing is ever pickled. Before a version is used, each byte of it is checked: `current` is a version's name and a
line's end and nothing else, and the manifest is to the byte the one that would be written of the files beside it.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from .errors import ModelFolderError
from .syncing import sync

FORMAT_VERSION = 1
MOST_JSON = 256 * 2**20  # bytes of a JSON file
MOST_TENSORS = 64 * 2**30  # bytes of a safetensors file, which is mapped into memory and not read at once
UNFINISHED = ".unfinished-"  # before the name of what is being written or removed
_MANIFEST = "manifest.json"
_ID = re.compile(r"[0-9]{8}T[0-9]{6}-[0-9a-f]{6}")  # the second (UTC) a version was made, and chance
_RESTORE = "Restore it, put another version in force (shelfcast promote), or train again."


@contextmanager
def new_version(model: Path) -> Iterator[Path]:
    """A folder to write a version's files into; it comes into force when the block ends without an error.

    Raises:
        ModelFolderError: the folder cannot be written; the message names the file.
    """
    versions = model / "versions"
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    unfinished = versions / f"{UNFINISHED}{name}"
    try:
        versions.mkdir(parents=True, exist_ok=True)
        unfinished.mkdir()
        yield unfinished
        (unfinished / _MANIFEST).write_bytes(_manifest(_fingerprints(unfinished)))
        for path in (*unfinished.iterdir(), unfinished):
            sync(path)
        unfinished.rename(versions / name)
        sync(versions)
    except (OSError, SafetensorError) as error:  # safetensors tells of a full disk in its own way
        raise _unwritten(_last_written(unfinished), error) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    try:
        put_in_force(model, name)
    except ModelFolderError:
        if not _points_to(model, name):  # nobody would ever ask for it
            with suppress(OSError):  # the first error is the one to tell
                remove_version(model, name)
        raise


def _points_to(model: Path, name: str) -> bool:
    try:
        return (model / "current").read_bytes() == _pointing_to(name)
    except OSError:
        return False


def remove_version(model: Path, name: str) -> None:
    """Renames a version to an unfinished one, so that a kill leaves no half of it, and removes that.

    Raises:
        OSError: it cannot be removed.
    """
    unfinished = model / "versions" / f"{UNFINISHED}{name}"
    (model / "versions" / name).rename(unfinished)
    shutil.rmtree(unfinished)


def put_in_force(model: Path, name: str) -> None:
    """Lets `current` name this version, from one moment to the next.

    Raises:
        ModelFolderError: it cannot be written; what was in force before still is.
    """
    pointer = model / f"{UNFINISHED}current-{name}"
    try:
        try:
            pointer.write_bytes(_pointing_to(name))
            sync(pointer)
            pointer.replace(model / "current")
        finally:
            pointer.unlink(missing_ok=True)
        sync(model)
    except OSError as error:
        raise _unwritten(model / "current", error) from error


def name_in_force(model: Path) -> str:
    """The name of the version that `current` points to.

    Raises:
        ModelFolderError: no model there, or `current` is damaged.
    """
    path = model / "current"
    try:
        with path.open("rb") as file:
            stored = file.read(100)  # more than any that is right
    except OSError as error:
        raise ModelFolderError(
            f"{model} is no model folder: it has no readable file 'current'.",
            "Make one with: shelfcast train.",
        ) from error
    for name in version_names(model):
        if stored == _pointing_to(name):
            return name
    raise ModelFolderError(f"{path} is damaged: it names no version of this folder.", _RESTORE)


def version_names(model: Path) -> list[str]:
    """Of all versions of a model folder, the oldest first."""
    folder = model / "versions"
    return sorted(path.name for path in folder.iterdir() if _ID.fullmatch(path.name)) if folder.is_dir() else []


def open_version(model: Path, name: str | None = None) -> Path:
    """The folder of a version, by default of the one in force, each byte of it checked.

    Raises:
        ModelFolderError: no model or version there; a file missing, added or changed; a format of a later shelfcast.
    """
    name = name_in_force(model) if name is None else name
    if name not in version_names(model):
        raise ModelFolderError(f"{model} has no version {name!r}.", "See those there are: shelfcast versions.")
    version = model / "versions" / name
    path = version / _MANIFEST
    manifest = read_json(path)
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise ModelFolderError(f"{path} is no manifest.", _RESTORE)
    if manifest.get("format_version") != FORMAT_VERSION:
        raise ModelFolderError(
            f"{version} is of format {manifest.get('format_version')!r}; this shelfcast reads {FORMAT_VERSION}.",
            "Use the shelfcast that wrote it, or a later one.",
        )
    try:
        found, stored = _fingerprints(version), path.read_bytes()
    except OSError as error:
        raise ModelFolderError(f"{error.filename or version} cannot be read: {error.strerror}.", _RESTORE) from error
    for file in sorted(found.keys() ^ manifest["files"].keys()):
        where = "is not in the manifest" if file in found else "is missing"
        raise ModelFolderError(f"{version / file} {where}.", _RESTORE)
    for file, fingerprint in found.items():
        if fingerprint != manifest["files"][file]:
            raise ModelFolderError(f"{version / file} is damaged.", _RESTORE)
    if stored != _manifest(found):
        raise ModelFolderError(f"{path} is damaged.", _RESTORE)
    return version


def write_json(path: Path, content: Any) -> None:
    path.write_bytes(_as_json(content))


def read_json(path: Path) -> Any:
    """Raises: ModelFolderError: missing, too large, or no JSON."""
    try:
        return json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise ModelFolderError(f"{path} cannot be read as JSON.", _RESTORE) from error


def read_text(path: Path) -> str:
    """Raises: ModelFolderError: missing, too large, or not UTF-8."""
    _require_size(path, MOST_JSON)
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelFolderError(f"{path} cannot be read as JSON.", _RESTORE) from error


def write_tensors(path: Path, tensors: Mapping[str, Tensor]) -> None:
    save_file(dict(tensors), path)


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Raises: ModelFolderError: missing, too large, or no safetensors file."""
    _require_size(path, MOST_TENSORS)
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise ModelFolderError(f"{path} cannot be read.", _RESTORE) from error


def _require_size(path: Path, most: int) -> None:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise ModelFolderError(f"{path} cannot be read: {error.strerror}.", _RESTORE) from error
    if size > most:
        raise ModelFolderError(f"{path} has {size:,} bytes; no more than {most:,} are read.", _RESTORE)


def _as_json(content: Any) -> bytes:
    return (json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _pointing_to(name: str) -> bytes:
    return f"{name}\n".encode()


def _manifest(files: Mapping[str, Mapping[str, str | int]]) -> bytes:
    return _as_json({"format_version": FORMAT_VERSION, "files": files})


def _fingerprints(version: Path) -> dict[str, dict[str, str | int]]:
    """Of each file but the manifest, in the order of their names."""
    return {path.name: _fingerprint(path) for path in sorted(version.iterdir()) if path.name != _MANIFEST}


def _fingerprint(path: Path) -> dict[str, str | int]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return {"sha256": digest, "bytes": file.tell()}


def _last_written(unfinished: Path) -> Path:
    """The file that was being written when it went wrong; the folder where there is none yet."""
    files = list(unfinished.iterdir()) if unfinished.is_dir() else []
    return max(files, key=lambda path: path.stat().st_mtime_ns, default=unfinished)


def _unwritten(path: Path, error: Exception) -> ModelFolderError:
    reason = (isinstance(error, OSError) and error.strerror) or error
    return ModelFolderError(
        f"{path} could not be written: {reason}.", "Check space and permissions; what was in force before still is."
    )
