"""A model folder: versions, each whole or not at all, and the name of the one in force.

    MODEL/
      current                 the name of the version in force, one line
      versions/<id>/
        manifest.json         format version, and SHA-256 and size of each other file
        recipe.json           the recipe
        products.json         names and attributes, in the order of the weights
        weights.safetensors   network and scaler numbers
        sales.safetensors     the last days of sales, from which tomorrow is forecast
        ...                   scores, forecasts of the test days, report

A version is written beside the others under a temporary name, synced, and renamed; only then does
`current` point to it. Nothing is ever pickled.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from .errors import ModelFolderError

FORMAT_VERSION = 1
_UNFINISHED = ".unfinished-"


@contextmanager
def new_version(model: Path) -> Iterator[Path]:
    """A folder to write a version's files into; it comes into force when the block ends without an error.

    Raises:
        ModelFolderError: the folder cannot be written.
    """
    try:
        versions = model / "versions"
        versions.mkdir(parents=True, exist_ok=True)
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
        unfinished = versions / f"{_UNFINISHED}{name}"
        unfinished.mkdir()
        try:
            yield unfinished
            _write_manifest(unfinished)
            for path in (*unfinished.iterdir(), unfinished):
                _sync(path)
            unfinished.rename(versions / name)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
        _sync(versions)
        pointer = model / f"{_UNFINISHED}current"
        pointer.write_text(name + "\n", encoding="utf-8")
        _sync(pointer)
        pointer.replace(model / "current")
        _sync(model)
    except (OSError, SafetensorError) as error:  # safetensors tells of a full disk in its own way
        raise ModelFolderError(
            f"The model folder {model} could not be written: {error}.",
            "Check space and permissions; what was in force before still is.",
        ) from error


def open_version(model: Path) -> Path:
    """The folder of the version in force, each of its files checked against the manifest.

    Raises:
        ModelFolderError: no model there, a file missing, added or changed, or a format of a later shelfcast.
    """
    try:
        name = (model / "current").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ModelFolderError(
            f"{model} is no model folder: it has no readable file 'current'.",
            "Make one with: shelfcast train.",
        ) from error
    version = model / "versions" / name
    if not name or Path(name).name != name or not version.is_dir():
        raise ModelFolderError(f"{model / 'current'} names no version of this folder.", "Restore it or train again.")
    manifest = read_json(version / "manifest.json")
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise ModelFolderError(f"{version / 'manifest.json'} is no manifest.", "Restore it or train again.")
    if manifest.get("format_version") != FORMAT_VERSION:
        raise ModelFolderError(
            f"{version} is of format {manifest.get('format_version')!r}; this shelfcast reads {FORMAT_VERSION}.",
            "Use the shelfcast that wrote it, or a later one.",
        )
    found = {path.name for path in version.iterdir()} - {"manifest.json"}
    for name in sorted(found ^ manifest["files"].keys()):
        raise ModelFolderError(
            f"{version / name} {'is not in the manifest' if name in found else 'is missing'}.",
            "Restore it or train again.",
        )
    for name, stated in manifest["files"].items():
        if _fingerprint(version / name) != stated:
            raise ModelFolderError(f"{version / name} is damaged.", "Restore it or train again.")
    return version


def write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """Raises: ModelFolderError: missing, or no JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelFolderError(f"{path} cannot be read as JSON.", "Restore it or train again.") from error


def write_tensors(path: Path, tensors: Mapping[str, Tensor]) -> None:
    save_file(dict(tensors), path)


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Raises: ModelFolderError: missing, or no safetensors file."""
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise ModelFolderError(f"{path} cannot be read.", "Restore it or train again.") from error


def _write_manifest(version: Path) -> None:
    files = {path.name: _fingerprint(path) for path in sorted(version.iterdir())}
    write_json(version / "manifest.json", {"format_version": FORMAT_VERSION, "files": files})


def _fingerprint(path: Path) -> dict[str, str | int]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"sha256": digest, "bytes": path.stat().st_size}


def _sync(path: Path) -> None:
    """Flushes a file or, where the system can, a folder to the disk."""
    if path.is_dir() and os.name == "nt":  # Windows cannot sync a folder
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
