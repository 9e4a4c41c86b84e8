"""Whether text that is not UTF-8 is Latin-1, or of a code page of another alphabet that only looks like it.

Any code page can be read as Latin-1: `žluťoučký` and `masło` of cp1250 come out as other letters and signs, without an
error. Text counts as Latin-1 where nearly all of its letters are of one language that is written in it, no sign stands
between letters and no capital behind a small one, and few letters with accents stand in a row.
"""

from __future__ import annotations

import re
from collections import Counter

_ALPHABETS = (
    "äöüßéèà",  # German
    "àâæçéèêëîïôœùûüÿ",  # French
    "áéíñóúü",  # Spanish
    "ãáâàçéêíõóôúü",  # Portuguese
    "àèéìíîòóùú",  # Italian
    "éèëïóöüáíúêâûç",  # Dutch
    "æøåéóèôäöü",  # Danish, Norwegian
    "åäöéàüšž",  # Swedish, Finnish
    "äöüõšž",  # Estonian
    "áðéíóúýþæö",  # Icelandic
    "àçèéíïòóúü",  # Catalan
    "éèêëçñäöüïîâôûåø",  # words that many languages borrowed
)
_OF_ALL = "ªºµ"
_HIGH = re.compile(rb"[\x80-\xff]+")
_SIGN = re.compile(r"(?<=[^\W\d_])[€‚ƒ„…†‡ˆ‰‹“”•˜™›¡¢£¤¥¦§¨©ª«¬®¯°±²³¶¸¹º»¼½¾¿×÷](?=[^\W\d_])")
_CAPITAL = re.compile(r"(?<=[a-zß-öø-ÿ])[ŠŒŽŸÀ-ÖØ-Þ]")
_ODD = 0.05  # of the letters, up to which they may be of other languages
_IN_A_ROW = 0.2  # of the runs of bytes above 127, up to which they may be of three and more


class LatinText:
    """What is known of a text by the lines seen so far.

    Attributes:
        line: the first one that is not UTF-8; 0 where there is none.
    """

    def __init__(self) -> None:
        self.line = 0
        self._seen = self._good = self._bad = self._long = self._odd = 0
        self._impossible = False
        self._letters: Counter[str] = Counter()

    def add(self, line: bytes) -> None:
        """The next line."""
        self._seen += 1
        for run in [] if line.isascii() else _HIGH.findall(line):
            if decodes(run, "utf-8"):
                self._good += 1
                continue
            self._bad += 1
            self.line = self.line or self._seen
            self._long += len(run) > 2
            self._impossible |= not decodes(run, "cp1252")
        if not line.isascii() and not self._impossible:
            text = line.decode("cp1252", errors="replace")
            self._letters.update(letter for letter in text.lower() if letter > "\x7f" and letter.isalpha())
            self._odd += len(_SIGN.findall(text)) + len(_CAPITAL.findall(text))

    @property
    def is_latin(self) -> bool:
        """Whether the text as a whole is Latin-1, and no damaged UTF-8: a few pairs of its letters are, by chance."""
        if self._impossible or self._good * 10 > self._bad or self._long > _IN_A_ROW * self._bad:
            return False
        letters = sum(self._letters.values())
        known = max(sum(self._letters[letter] for letter in alphabet + _OF_ALL) for alphabet in _ALPHABETS)
        return letters - known + self._odd <= _ODD * (letters + self._odd)


def decodes(text: bytes, encoding: str) -> bool:
    try:
        text.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
