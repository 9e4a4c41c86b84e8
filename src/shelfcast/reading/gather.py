"""A column put together from batches in little memory."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

_MANY = 1 << 20  # distinct texts, from which on a column is looked at for time stamps


class GatheredColumn:
    """Texts are kept as codes of their distinct values, all else as it is.

    A column of many distinct texts that are time stamps, all written alike (`2024-12-31 18:05`), is kept as time
    stamps: receipts to the second would else be held as often as there are seconds.
    """

    def __init__(self) -> None:
        self._chunks: list[pa.Array] = []
        self._distinct = 0  # in the dictionaries of the chunks, the same text counted in each of them
        self._unite_at = _MANY
        self._stamps: _Layout | None = None

    def add(self, values: pa.Array) -> None:
        """The next rows."""
        if pa.types.is_dictionary(values.type):
            values = values.cast(values.type.value_type)
        if not _is_text(values.type):
            self._chunks.append(values)
            return
        values = values.cast(pa.large_string())
        if self._stamps is not None:
            stamps = self._stamps.read(values)
            if stamps is not None:
                self._chunks.append(stamps)
                return
            layout, self._stamps = self._stamps, None
            self._chunks = [layout.write(chunk).dictionary_encode() for chunk in self._chunks]
            self._unite()
            self._unite_at = 2 * self._distinct
        encoded = values.dictionary_encode()
        self._chunks.append(encoded)
        self._distinct += len(encoded.dictionary)
        if self._distinct > self._unite_at:
            self._unite()
            self._find_stamps()
            self._unite_at = max(_MANY, 2 * self._distinct)

    def whole(self) -> pa.Array:
        """All rows in one array: texts as a dictionary of them; of batches of several types, as text."""
        kinds = {chunk.type for chunk in self._chunks if not pa.types.is_null(chunk.type)}
        if len(kinds) > 1:
            kinds = self._agree(kinds)
        if not kinds:
            rows = sum(map(len, self._chunks))
            return pa.nulls(rows, pa.large_string()).dictionary_encode()
        (kind,) = kinds
        self._chunks = [pa.nulls(len(c), kind) if pa.types.is_null(c.type) else c for c in self._chunks]
        if pa.types.is_dictionary(kind):
            self._unite()
        whole = pa.concat_arrays(self._chunks)
        self._chunks = [whole]
        return whole

    def _agree(self, kinds: set[pa.DataType]) -> set[pa.DataType]:
        """Makes batches of several types ones of a single type."""
        try:
            kind = (
                pa.unify_schemas([pa.schema([("", kind)]) for kind in kinds], promote_options="permissive")
                .field(0)
                .type
            )
            self._chunks = [chunk.cast(kind) for chunk in self._chunks]
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
            self._chunks = [chunk.cast(pa.large_string()).dictionary_encode() for chunk in self._chunks]
        return {chunk.type for chunk in self._chunks}

    def _unite(self) -> None:
        """One dictionary for all chunks of text."""
        texts = [chunk for chunk in self._chunks if pa.types.is_dictionary(chunk.type)]
        if not texts:
            return
        united = iter(pa.chunked_array(texts).unify_dictionaries().chunks)
        self._chunks = [next(united) if pa.types.is_dictionary(c.type) else c for c in self._chunks]
        self._distinct = len(next(c for c in self._chunks if pa.types.is_dictionary(c.type)).dictionary)

    def _find_stamps(self) -> None:
        if self._distinct <= _MANY or not all(pa.types.is_dictionary(chunk.type) for chunk in self._chunks):
            return
        texts = self._chunks[0].dictionary
        layout = _Layout.of(texts[0].as_py())
        stamps = None if layout is None else layout.read(texts)
        if stamps is None:
            return
        self._stamps = layout
        self._chunks = [stamps.take(chunk.indices) for chunk in self._chunks]
        self._distinct = 0


class _Layout:
    """How time stamps are written: `YYYY-MM-DD`, a space or a T, `HH:MM` or `HH:MM:SS`; nothing of it is lost."""

    def __init__(self, mark: str, length: int) -> None:
        self._mark, self._length = mark, length

    @classmethod
    def of(cls, text: str) -> _Layout | None:
        return cls(text[10], len(text)) if len(text) in (16, 19) and text[10] in " T" else None

    def read(self, texts: pa.Array) -> pa.Array | None:
        """The time stamps, if all texts are such, written alike."""
        lengths = pc.min_max(pc.binary_length(texts)).as_py()
        if {lengths["min"], lengths["max"]} != {self._length}:
            return None
        if not pc.all(pc.equal(pc.utf8_slice_codeunits(texts, 10, 11), self._mark)).as_py():
            return None
        try:
            return texts.cast(pa.timestamp("s"))
        except pa.ArrowInvalid:
            return None

    def write(self, stamps: pa.Array) -> pa.Array:
        """The texts that `read` was given."""
        texts = pc.utf8_slice_codeunits(stamps.cast(pa.large_string()), 0, self._length)
        return pc.utf8_replace_slice(texts, 10, 11, self._mark)


def _is_text(kind: pa.DataType) -> bool:
    return any(text(kind) for text in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view))
