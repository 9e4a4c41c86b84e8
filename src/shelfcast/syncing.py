"""What has been written, on the disk itself, so that it outlives a power cut."""

from __future__ import annotations

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Flushes a file or, where the system can, a folder to the disk.

    Raises:
        OSError: it cannot be opened, or the disk fails.
    """
    if path.is_dir() and os.name == "nt":  # Windows cannot sync a folder
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
