"""The words that every figure has, in its language."""

from __future__ import annotations

from engine.spec.entries import Label

WORDS = {
    "en": {"population": "Population", "source": "Source", "cut": "Data cut", "study": "Study",
           "n": "N", "grade": "Grade", "not graded": "Not graded", "none": "No group", "stop": ".",
           "comma": ", ", "colon": ": "},
    "zh": {"population": "人群", "source": "来源", "cut": "数据截止", "study": "研究",
           "n": "N", "grade": "级", "not graded": "未分级", "none": "无分组", "stop": "。",
           "comma": "，", "colon": "："},
}
LANGUAGES = tuple(WORDS)


def word(name: str, language: str) -> str:
    """A word of the figures' own.

    >>> word("source", "en")
    'Source'
    """
    return WORDS[language][name]


def in_language(label: Label, language: str) -> str:
    """A text in a language; in English where it is in no other.

    >>> from engine.yaml.nodes import Text
    >>> in_language(Label(en=Text("Time")), "zh")
    'Time'
    """
    own = label.zh if language == "zh" else None
    return str(own if own is not None else label.en)
