"""How long a regular expression can take: read off an automaton of its repeats and alternatives.

A backtracking matcher takes time exponential in the text where some text leads from
a state back to it in two ways (``(a+)+``), and a power of the text's length where one
loop can hand over to the next at any place (``.*.*x``).  The first is refused, the
second counted.  What is approximated errs towards refusing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from re import _constants as codes
from re import _parser as parser
from typing import Any

MOST_STATES = 200
MOST_FORKS = 16
"""So many places outside loops at which two ways go on: each may double the time."""
WRITTEN_OUT = 3
"""A repeat of up to so many times is written out; a longer one counts as a loop."""
SINGLE_OUT = 12
"""The same for a repeat of one character."""

_SINGLE = (codes.LITERAL, codes.NOT_LITERAL, codes.IN, codes.ANY)

_ANY = (1 << 257) - 1
"""Sets of characters are bits: 0 to 255, and 256 for all others."""
Move = tuple[int, int]
Pair = tuple[int, int]


class PatternError(ValueError):
    """The pattern is no regular expression, or one that may not end in time."""


def power_of(text: str) -> int:
    """The power of the text's length that bounds a match.

    >>> power_of("^[A-Z][0-9]$"), power_of("^[A-Z]+$"), power_of("^.*.*x$")
    (0, 1, 2)
    >>> power_of("^(a+)+$")
    Traceback (most recent call last):
    dossier.conformance.automata.PatternError: can take time exponential in the text
    """
    tree = parser.parse(text)
    made = _Builder(bool(tree.state.flags & re.IGNORECASE))
    made.sequence(tree, made.state())
    return _Automaton(made.moves()).power()


class _Builder:
    """States with moves on sets of characters, and empty moves."""

    def __init__(self, folded: bool) -> None:
        self.folded = folded
        self.edges: list[list[Move]] = []
        self.empty: list[list[int]] = []
        self.written_out = False

    def state(self) -> int:
        self.edges.append([])
        self.empty.append([])
        if len(self.edges) > MOST_STATES:
            raise PatternError("is too large")
        return len(self.edges) - 1

    def sequence(self, items: Any, start: int) -> int:
        """Add the items one after another; gives the state they end in."""
        for kind, value in items:
            start = self.item(kind, value, start)
        return start

    def item(self, kind: Any, value: Any, start: int) -> int:
        if kind in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
            low, high, body = value
            return self.repeat(low, high, body, start)
        if kind is codes.SUBPATTERN:
            self.folded = self.folded or bool(value[1] & re.IGNORECASE)
            return self.sequence(value[3], start)
        if kind is codes.ATOMIC_GROUP:
            return self.sequence(value, start)
        if kind is codes.BRANCH:
            end = self.state()
            for branch in value[1]:
                begin = self.state()
                self.empty[start].append(begin)
                self.empty[self.sequence(branch, begin)].append(end)
            return end
        if kind in (codes.ASSERT, codes.ASSERT_NOT):
            aside = self.state()  # what is looked at takes time, but reads no text
            self.empty[start].append(aside)
            self.sequence(value[1], aside)
            return start
        if kind is codes.AT:
            return start
        if kind in (codes.GROUPREF, codes.GROUPREF_EXISTS):
            raise PatternError("refers back to a group, which no rule may")
        end = self.state()
        self.edges[start].append((_characters(kind, value, self.folded), end))
        return end

    def repeat(self, low: int, high: Any, body: Any, start: int) -> int:
        if high is not codes.MAXREPEAT:
            single = len(body) == 1 and body[0][0] in _SINGLE and high <= SINGLE_OUT
            if single or high <= 1 or (high <= WRITTEN_OUT and not self.written_out):
                return self.written(low, high, body, start)
        if low:
            start = self.sequence(body, start)
        loop = self.state()
        self.empty[start].append(loop)
        begin = self.state()
        end = self.sequence(body, begin)
        if end in _closure([begin], lambda state: self.empty[state]):
            raise PatternError("repeats what may be empty, which can take time exponential in the text")
        self.empty[loop].append(begin)
        self.empty[end].append(loop)
        after = self.state()
        self.empty[loop].append(after)
        return after

    def written(self, low: int, high: int, body: Any, start: int) -> int:
        before, self.written_out = self.written_out, self.written_out or high > 1
        for _ in range(low):
            start = self.sequence(body, start)
        if high > low:
            end = self.state()
            self.empty[start].append(end)
            for _ in range(high - low):
                begin = self.state()
                self.empty[start].append(begin)
                start = self.sequence(body, begin)
                self.empty[start].append(end)
            start = end
        self.written_out = before
        return start

    def moves(self) -> list[list[Move]]:
        """The moves of each state, through empty ones too; a move that two ways lead to stands twice."""
        return [[move for at, ways in self.ways(state).items() for move in self.edges[at] * min(ways, 2)]
                for state in range(len(self.edges))]

    def ways(self, state: int) -> dict[int, int]:
        """How many empty ways lead from a state to others (no empty way leads back)."""
        order: list[int] = []
        seen: set[int] = set()
        waiting = [(state, False)]
        while waiting:
            at, done = waiting.pop()
            if done:
                order.append(at)
            elif at not in seen:
                seen.add(at)
                waiting.append((at, True))
                waiting.extend((other, False) for other in self.empty[at])
        count = dict.fromkeys(order, 0)
        count[state] = 1
        for at in reversed(order):
            for other in self.empty[at]:
                count[other] = min(count[other] + count[at], 2)
        return count


class _Automaton:
    def __init__(self, moves: list[list[Move]]) -> None:
        self.moves = moves
        self.follows: dict[Pair, list[Pair]] = {}

    def power(self) -> int:
        """Refuse what is exponential, and count the loops that hand over to each other."""
        loop_of = self._loops()
        forks = 0
        for state, moves in enumerate(self.moves):
            meeting = [(one, two) for at, (more, two) in enumerate(moves) for chars, one in moves[:at]
                       if chars & more]
            if not meeting:
                continue
            if loop_of[state] is None:
                forks += 1
            for pair in meeting:
                if (state, state) in _closure([pair], self._onward):
                    raise PatternError("can take time exponential in the text")
        if forks > MOST_FORKS:
            raise PatternError("has too many places at which two ways go on")
        return self._longest_chain(loop_of)

    def _onward(self, pair: Pair) -> list[Pair]:
        if pair not in self.follows:
            self.follows[pair] = list({(one, two) for chars, one in self.moves[pair[0]]
                                       for others, two in self.moves[pair[1]] if chars & others})
        return self.follows[pair]

    def _loops(self) -> list[int | None]:
        """For each state the loop it is part of, None for none."""
        reach = [_closure([target for _, target in moves], lambda state: (to for _, to in self.moves[state]))
                 for moves in self.moves]
        return [min(other for other in reach[state] if state in reach[other]) if state in reach[state]
                else None for state in range(len(self.moves))]

    def _longest_chain(self, loop_of: list[int | None]) -> int:
        next_loops: dict[int, set[int]] = {loop: set() for loop in loop_of if loop is not None}
        for state, loop in enumerate(loop_of):
            if loop is None:
                continue
            for one, two in _closure([(state, state)], self._onward):
                other = loop_of[two]
                if loop_of[one] == loop and other is not None and other != loop:
                    next_loops[loop].add(other)

        @cache
        def longest(loop: int) -> int:
            return 1 + max((longest(other) for other in next_loops[loop]), default=0)

        return max((longest(loop) for loop in next_loops), default=0)


def _closure(start: Iterable[Any], following: Any) -> set[Any]:
    found: set[Any] = set()
    waiting = list(start)
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting.extend(following(one))
    return found


def _characters(kind: Any, value: Any, folded: bool) -> int:
    """The characters one item fits; too many rather than too few."""
    if kind is codes.LITERAL:
        return _cased([value], folded)
    if kind is codes.NOT_LITERAL:
        return _ANY if value > 255 or folded else _ANY & ~(1 << value)
    if kind is codes.IN:
        return _in_set(value, folded)
    return _ANY


def _in_set(items: Any, folded: bool) -> int:
    found, negated = 0, False
    for kind, value in items:
        if kind is codes.NEGATE:
            negated = True
        elif kind is codes.LITERAL:
            found |= _cased([value], folded)
        elif kind is codes.RANGE:
            found |= _cased([*range(value[0], min(value[1], 256) + 1)] or [256], folded)
        elif kind is codes.CATEGORY:
            found |= _category(value)
        else:
            return _ANY
    return (_ANY & ~found) | (1 << 256) if negated else found


def _cased(points: list[int], folded: bool) -> int:
    near = set(points)
    if folded:
        near |= {ord(other) for point in points if point < 256
                 for other in (chr(point).lower(), chr(point).upper()) if len(other) == 1}
    found = 0
    for point in near:
        found |= 1 << min(point, 256)
    return found


_CLASSES = {codes.CATEGORY_DIGIT: r"\d", codes.CATEGORY_NOT_DIGIT: r"\D", codes.CATEGORY_SPACE: r"\s",
            codes.CATEGORY_NOT_SPACE: r"\S", codes.CATEGORY_WORD: r"\w", codes.CATEGORY_NOT_WORD: r"\W"}


@cache
def _category(name: Any) -> int:
    pattern = re.compile(_CLASSES[name])
    return sum(1 << point for point in range(256) if pattern.match(chr(point))) | 1 << 256
