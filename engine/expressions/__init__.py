"""SQL scalar expressions over the columns of a table: parsed, checked, evaluated.

The language is closed: its grammar has no statement, subquery or comment, and
``docs/expressions.md`` is all of it.  Blank is NULL, and NULL follows SQL's
three-valued logic.

>>> from engine.columns import Column, Kind
>>> import pandas as pd
>>> low = parse("VALUE < 4 OR FLAG = 'Y'")
>>> low.names
(('VALUE',), ('FLAG',))
>>> table = {("VALUE",): Column(pd.Series([3.0, 5.0, None]), Kind.NUMBER),
...          ("FLAG",): Column(pd.Series([None, "N", "Y"], dtype="str"), Kind.TEXT)}
>>> low.evaluate(table, pd.RangeIndex(3)).values.tolist()
[True, False, True]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from engine.columns import Column, Kind
from engine.errors import Place
from engine.expressions.check import kinds_of
from engine.expressions.evaluate import Result, evaluate
from engine.expressions.faults import ExpressionError, Fault, excerpt, moved, refused
from engine.expressions.parser import parse_tree
from engine.expressions.tree import Name, Node, postorder, sql

__all__ = ["Expression", "ExpressionError", "Result", "parse"]


@dataclass(frozen=True)
class Expression:
    """A parsed expression; ``names`` are the columns it reads, in order of appearance."""

    text: str
    names: tuple[tuple[str, ...], ...]
    place: Place | None
    tree: Node = field(repr=False, compare=False)

    def kind(self, kinds: Mapping[tuple[str, ...], Kind]) -> Kind | None:
        """The kind it gives where its names have these kinds; None is NULL alone.

        Raises ExpressionError where a name is unknown or kinds do not fit.

        >>> parse("LENGTH(AETERM) + 1").kind({("AETERM",): Kind.TEXT})
        <Kind.NUMBER: 'number'>
        """
        return self._kinds(kinds)[-1]

    def _kinds(self, kinds: Mapping[tuple[str, ...], Kind]) -> list[Kind | None]:
        try:
            return kinds_of(self.tree, kinds)
        except Fault as fault:
            raise refused(fault, self.text, self.place) from None

    def evaluate(self, columns: Mapping[tuple[str, ...], Column], index: pd.Index) -> Result:
        """Evaluate over columns that share ``index``; one value a record.

        Text that cannot be read, division by zero and the like are in ``bad``, and
        the value there is NULL; NULL alone counts as TEXT.  Raises ExpressionError
        as :meth:`kind` does.

        >>> ratio = parse("1 / DOSE")
        >>> doses = Column(pd.Series([2.0, 0.0]), Kind.NUMBER)
        >>> values, kind, bad = ratio.evaluate({("DOSE",): doses}, pd.RangeIndex(2))
        >>> values.tolist(), {message: mask.tolist() for message, mask in bad.items()}
        ([0.5, nan], {'division by zero': [False, True]})
        """
        kinds = self._kinds({parts: column.kind for parts, column in columns.items()})
        return evaluate(self.tree, kinds, columns, index)

    def pointed(self, parts: tuple[str, ...]) -> tuple[Place | None, bool, str]:
        """Where a name stands, whether it stands in double quotes, and the expression with a caret under it.

        An expression that is no more than the name is not shown again.

        >>> place, quoted, shown = parse("1 < AGE", Place("dm.yaml", 3, 10)).pointed(("AGE",))
        >>> str(place), quoted, shown.splitlines()
        ('dm.yaml:3:14', False, ['    1 < AGE', '        ^'])
        """
        found = next(n for n in postorder(self.tree) if isinstance(n, Name) and n.parts == parts)
        shown = "" if found is self.tree else excerpt(self.text, found.at)
        return moved(self.place, self.text, found.at), found.quoted, shown

    def sql(self) -> str:
        """Write it in its canonical form; that text parses to an equal tree.

        >>> parse("not (aeser!='Y')").sql()
        "NOT aeser <> 'Y'"
        """
        return sql(self.tree)


def parse(text: str, place: Place | None = None) -> Expression:
    """Parse an expression; ``place`` is where its first character stands.

    Raises ExpressionError with one problem, which shows where.

    >>> try:
    ...     parse("lenght(AETERM) > 3", Place("ae.yaml", 12, 22))
    ... except ExpressionError as error:
    ...     print(error)
    ae.yaml:12:22: unknown function 'lenght'; did you mean 'LENGTH'?
        lenght(AETERM) > 3
        ^
    """
    try:
        tree = parse_tree(text)
    except Fault as fault:
        raise refused(fault, text, place) from None
    names = dict.fromkeys(node.parts for node in postorder(tree) if isinstance(node, Name))
    return Expression(text, tuple(names), place, tree)
