"""Characters that cannot be seen or that pass for others, and text in which they show.

A line of a spec must read as it is: a character that moves, hides or imitates
others ("Trojan Source", CVE-2021-42574 and CVE-2021-42694) is refused where it is
typed, and told by its code where a message quotes it.
"""

from __future__ import annotations

import re
import unicodedata

BIDIRECTIONAL = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""Controls of writing direction, for a regular expression's ``[]``."""

CONTROLS = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufdd0-\ufdef\ufffe\uffff"
CONTROLS += "".join(chr(plane << 16 | end) for plane in range(1, 17) for end in (0xFFFE, 0xFFFF))
"""Controls, other line separators, halves of characters, the byte order mark, and what is no character."""

# Unicode 15.0, DerivedCoreProperties.txt: Default_Ignorable_Code_Point, without those above; interlinear
# annotation and the format controls of scripts nobody writes specs in (general category Cf).
INVISIBLE = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u2065\u206a-\u206f\u3164"
    "\ufe00-\ufe0f\uffa0\ufff0-\ufffb\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
)
"""Characters that take no place: zero-width ones, fillers, variation selectors, tags."""

_SHOWN = re.compile(f"[{BIDIRECTIONAL}{CONTROLS}{INVISIBLE}\r\t]|\n(?!    )")
_LONGEST_RUN, _LONGEST, _LOOKED_AT = 160, 1200, 20_000
_RUN = re.compile(rf"\S{{{_LONGEST_RUN + 1},}}")

# Letters of other scripts that most fonts draw as a Latin letter.
_ALIKE = str.maketrans(
    "АВЕКМНОРСТХЅІЈУаеорсхуіјѕһԁԛԝ" "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧονρ",
    "ABEKMHOPCTXSIJYaeopcxyijshdqw" "ABEZHIKMNOPTYXovp")


def visible(text: str) -> str:
    """Text in which what cannot be seen is told by its code.

    A line end stays only before four blanks, as in the lines that show an expression:
    no value can look like a message of its own.

    >>> print(visible("S\\u200bEX \\x1b[2J"), visible("a\\nb.yaml:1: fine"))
    S\\u200bEX \\x1b[2J a\\nb.yaml:1: fine
    """
    return _SHOWN.sub(lambda one: one[0].encode("unicode_escape").decode("ascii"), text)


def bounded(text: str) -> str:
    """Text in which no word, nor the whole, is longer than a message can bear.

    >>> len(bounded("x" * 5000)), len(bounded("x " * 5000)), bounded("short")
    (80, 1203, 'short')
    """
    if len(text) > _LOOKED_AT:
        text = text[:_LOOKED_AT // 2] + text[-_LOOKED_AT // 2:]  # either is cut below
    found = _RUN.sub(lambda run: run[0][:77] + "...", text)
    return found if len(found) <= _LONGEST else found[:_LONGEST] + "..."


_ASCII_FOR = str.maketrans({
    "\u2018": "'", "\u2019": "'", "\u2032": "'", "\u201c": "'", "\u201d": "'", "\u3002": ".", "\u3001": ",",
    "\u2013": "-", "\u2014": "-", "\u2212": "-", "\u00d7": "*", "\u00f7": "/", "\u2264": "<=", "\u2265": ">=",
    "\u2260": "<>",
})


def ascii_for(character: str) -> str:
    """What stands in ASCII for a character of full width, a curled quote, a long dash and the like, or ''.

    >>> ascii_for("\uff0c"), ascii_for("\u2019"), ascii_for("\u6076"), ascii_for("a")
    (',', "'", '', '')
    """
    if character.isascii():
        return ""
    made = unicodedata.normalize("NFKC", character).translate(_ASCII_FOR)
    return made if made.isascii() and made.strip() else ""


def odd_sign(text: str) -> tuple[int, str, str] | None:
    """The first sign of a text that ASCII has too: where it stands, what it is, and what to write.

    >>> odd_sign("STUDYID\uff0cUSUBJID")
    (7, "'\uff0c' (FULLWIDTH COMMA)", "write ','")
    """
    for at, character in enumerate(text):
        if meant := ascii_for(character):
            name = unicodedata.name(character, f"U+{ord(character):04X}")
            blank = " and a blank" if meant == ":" else ""
            return at, f"'{character}' ({name})", f"write '{meant}'{blank}"
    return None


def plain(word: str) -> str:
    """A word as it looks: compatibility forms and letters of other scripts as the Latin ones they look like.

    >>> plain("ＳＥＸ"), plain("S\\u0415X"), plain("恶心")
    ('SEX', 'SEX', '恶心')
    """
    if word.isascii():
        return word
    folded = re.sub(f"[{INVISIBLE}{BIDIRECTIONAL}]", "", unicodedata.normalize("NFKC", word))
    return folded.translate(_ALIKE)


def disguise(word: str, known: str) -> str:
    """The name of the character by which a word is not the known one it looks like; '' if it looks another.

    >>> disguise("S\\u0415X", "SEX"), disguise("SX", "SEX")
    ('CYRILLIC CAPITAL LETTER IE', '')
    """
    if word.isascii() or plain(word).casefold() != plain(known).casefold():
        return ""
    odd = next((c for c in word if not c.isascii() and c not in known), "")
    return unicodedata.name(odd, f"U+{ord(odd):04X}") if odd else ""
