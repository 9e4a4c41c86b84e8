"""The text of a file as UTF-8 bytes, whatever it is packed and written in, within the limits."""

from __future__ import annotations

import codecs
import contextlib
import gzip
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

import pyarrow as pa

from ..errors import SourceError
from .latin import LatinText
from .limits import UNCOUNTED, Limits
from .source import readable, shown

_PACKINGS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"PK\x03\x04": "zip"}
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_CHUNK = 1 << 20
_NAMES = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16": "UTF-16", "cp1252": "Latin-1 (Windows 1252)"}
_NAMES |= {"utf-16-le": "UTF-16", "utf-16-be": "UTF-16"}


class TextFile:
    """A file of text, read as often as it takes.

    Attributes:
        path: of the file.
        size: bytes on the disk.
        start: up to 4,096 bytes from the beginning, unpacked.
        packing: `gzip`, `zip`, `zstd` or none.
        encoding: of the text.
        told: the encoding was given, and not found out.

    Raises:
        SourceError: it cannot be read, is a `.zip` of several files, or there is no such encoding.
        LimitError: it is too large, or would be when unpacked.
    """

    def __init__(self, path: Path, limits: Limits, encoding: str | None = None) -> None:
        self.path, self._limits, self.told = path, limits, encoding is not None
        with readable(str(path)):
            self.size = path.stat().st_size
            limits.check(str(path), "file_size", self.size)
            with path.open("rb") as file:
                start = file.read(4)
            self.packing = next((packing for mark, packing in _PACKINGS.items() if start.startswith(mark)), None)
            with self._unpacked() as (_, file):
                self.start = file.read(4096)
        self.encoding = _encoding(self.start) if encoding is None else _known(encoding)

    @property
    def described(self) -> str:
        """Packing and encoding, as words."""
        return ", ".join(filter(None, (_NAMES.get(self.encoding, self.encoding), self.packing)))

    @contextmanager
    def open(self) -> Iterator[Utf8Stream]:
        """The text, from its beginning."""
        with self._unpacked() as (raw, file):
            yield Utf8Stream(self, raw, file, self._limits)

    @contextmanager
    def _unpacked(self) -> Iterator[tuple[BinaryIO, BinaryIO]]:
        """The file on the disk, and what is unpacked from it."""
        with self.path.open("rb") as raw:
            if self.packing == "gzip":
                yield raw, cast(BinaryIO, gzip.GzipFile(fileobj=raw))
            elif self.packing == "zstd":
                yield raw, cast(BinaryIO, pa.CompressedInputStream(pa.PythonFile(raw), "zstd"))
            elif self.packing == "zip":
                with zipfile.ZipFile(raw) as packed, packed.open(self._member(packed)) as file:
                    yield raw, cast(BinaryIO, file)
            else:
                yield raw, raw

    def _member(self, packed: zipfile.ZipFile) -> zipfile.ZipInfo:
        """The one file in a `.zip`, which is read where it lies."""
        members = [m for m in packed.infolist() if not m.is_dir() and not m.filename.startswith("__MACOSX/")]
        for member in members:
            if ".." in PurePosixPath(member.filename).parts or member.filename.startswith(("/", "\\")):
                raise SourceError(
                    f"{self.path} holds {shown(member.filename)}, a path out of it.", "Pack the file by its name alone."
                )
        if any(member.filename == "content.xml" for member in members):
            raise SourceError(f"{self.path} is an OpenDocument sheet.", "Save it as .xlsx or CSV.")
        if len(members) != 1:
            raise SourceError(f"{self.path} holds {len(members)} files.", "Pack the one file of the sales.")
        (member,) = members
        if member.flag_bits & 1 or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise SourceError(f"{self.path} is locked or packed in an unusual way.", "Unpack it first.")
        self._limits.check(str(self.path), "file_size", member.file_size)
        if member.file_size > UNCOUNTED:
            self._limits.check(str(self.path), "compression_ratio", member.file_size / max(member.compress_size, 1))
        return member

    def read_as_latin(self) -> None:
        """Takes text that has been found not to be UTF-8 as Latin-1.

        Raises:
            SourceError: it is neither as a whole; the message names the line.
        """
        text = LatinText()
        with self._unpacked() as (_, file):
            for line in file:
                text.add(line)
        if not text.is_latin:
            raise SourceError(
                f"{self.path}, line {text.line}: the text is neither UTF-8 nor, as a whole, Latin-1.",
                "Save the file as UTF-8 (in Excel: CSV UTF-8), or name its code page: --encoding cp1250, shift_jis.",
            )
        self.encoding = "cp1252"


class Utf8Stream(io.RawIOBase):
    """The text of an open file as UTF-8 bytes.

    Attributes:
        breaks: line breaks read so far.
        last: the last byte read so far.
    """

    def __init__(self, text: TextFile, raw: BinaryIO, file: BinaryIO, limits: Limits) -> None:
        super().__init__()
        self.breaks, self.last = 0, b""
        self._text, self._raw, self._file, self._limits = text, raw, file, limits
        self._decoder = None
        if text.encoding not in ("utf-8", "utf-8-sig"):
            self._decoder = codecs.getincrementaldecoder(text.encoding)()
        self._pending, self._ended = memoryview(b""), False
        self._unpacked = 0

    @property
    def position(self) -> int:
        """Bytes of the file on the disk that are behind."""
        return self._raw.tell()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        filled = 0
        while filled < len(buffer) and (self._pending or self._refill()):  # full, as what parses takes what it gets
            taken = min(len(buffer) - filled, len(self._pending))
            buffer[filled : filled + taken] = self._pending[:taken]
            self._pending = self._pending[taken:]
            filled += taken
        return filled

    def _refill(self) -> bool:
        """More text, if there is any."""
        while not self._pending and not self._ended:
            chunk = self._file.read(_CHUNK)
            self._ended = not chunk
            self._count(len(chunk))
            data = chunk if self._decoder is None else self._decoded(chunk)
            self.breaks, self.last = self.breaks + data.count(b"\n"), data[-1:] or self.last
            self._pending = memoryview(data)
        return bool(self._pending)

    def _decoded(self, chunk: bytes) -> bytes:
        try:
            return self._decoder.decode(chunk, self._ended).encode() if self._decoder else chunk
        except UnicodeDecodeError as error:
            if not self._text.told:
                raise
            line = self.breaks + error.object[: error.start].count(b"\n") + 1
            raise SourceError(
                f"{self._text.path}, line {line}: the text is not written in {self._text.encoding}.",
                "Name another encoding with --encoding, or none: then it is found out.",
            ) from error

    def _count(self, more: int) -> None:
        self._unpacked += more
        if self._text.packing and self._unpacked > UNCOUNTED:
            name = str(self._text.path)
            self._limits.check(name, "file_size", self._unpacked)
            self._limits.check(name, "compression_ratio", self._unpacked / self._text.size)


def _known(encoding: str) -> str:
    """Its usual name.

    Raises:
        SourceError: there is no such encoding of text.
    """
    try:
        with contextlib.suppress(UnicodeError):
            b"a".decode(encoding)
        return codecs.lookup(encoding).name
    except (LookupError, ValueError) as error:
        raise SourceError(
            f"There is no encoding {shown(encoding)}.", "Say one such as utf-8, cp1250, cp1251 or shift_jis."
        ) from error


def _encoding(start: bytes) -> str:
    for mark, encoding in _MARKS.items():
        if start.startswith(mark):
            return encoding
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) * 4 > len(start) and min(even, odd) * 20 < len(start):  # a mark is not always there
        return "utf-16-be" if even > odd else "utf-16-le"
    return "utf-8"
