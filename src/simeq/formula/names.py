"""What a user names, as terms: one name for what is the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from simeq.errors import FormulaError
from simeq.formula.expression import bare_column, is_name
from simeq.formula.terms import Term, parse


class Names:
    """One name for what is the same: ``a:b`` and ``b:a``, ``x``, ``Q("x")`` and ``Q('x')``."""

    def __init__(self) -> None:
        self._factors: dict[str, str] = {}
        self._terms: dict[frozenset[str], Term] = {}

    def factor(self, code: str) -> str:
        """Return the code under which a factor was met first."""
        column = bare_column(code)
        same = code.replace('"', "'") if column is None else f"Q({column!r})"
        return self._factors.setdefault(same, code)

    def term(self, term: Term) -> Term:
        """Return the order of factors in which a term was met first."""
        factors = tuple(map(self.factor, term))
        return self._terms.setdefault(frozenset(factors), factors)

    def terms(self, given: Iterable[Term]) -> tuple[Term, ...]:
        """Return each term as it was met first, and once."""
        return tuple(dict.fromkeys(map(self.term, given)))


def entries(given: Sequence[str] | str | None, what: str) -> tuple[str, ...]:
    """Return one name or several as a tuple, with nothing but text in it."""
    if given is None:
        return ()
    if not isinstance(given, Iterable):
        raise FormulaError(f"{what} holds names as text, not {given!r}.")
    entries = (given,) if isinstance(given, str) else tuple(given)
    for entry in entries:
        if not isinstance(entry, str):
            raise FormulaError(f"{what} holds names as text, not {entry!r}.")
    return entries


def named_terms(entry: str, columns: Sequence[str], what: str) -> tuple[Term, ...]:
    """Return the terms that a text stands for: a column's name, or a formula's right side."""
    if entry in columns:
        return ((entry if is_name(entry) else f"Q({entry!r})",),)
    text = entry.strip().removeprefix("~")
    terms = parse(f"~ 0 + {text}", f"{what} {entry!r}").right
    if not terms:
        raise FormulaError(f"{what} {entry!r} names no term.")
    return terms
