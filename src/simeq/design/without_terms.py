"""Controls left out: a design without the terms that read a column, its columns in their places."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from simeq.data.factor_values import FactorValues
from simeq.design.design import Design
from simeq.errors import DataError, FormulaError, IdentificationError, listing, nearest
from simeq.formula.names import Names, named_terms
from simeq.formula.terms import Column, Term, code_columns, term_name


def leaving(design: Design, name: str) -> frozenset[Term]:
    """Return the terms that go when a data column is left out: all that read it.

    A term's own name, such as ``np.log(x)``, stands for that term alone.

    Raises
    ------
    FormulaError
        If nothing has that name, or a left side reads it.
    """
    lefts = {f"equation {label}": code for label, code in _left_sides(design).items()}
    lefts |= {f"the identity {own.text!r}": own.left for own in design.identities}
    for where, code in lefts.items():
        if name == code or name in design.reads[code]:
            raise FormulaError(
                f"{name!r} cannot be left out: it is on the left side of {where}. Only regressors "
                f"and instruments can."
            )
    terms = dict.fromkeys(column.term for own in design.lists for column in own if column.term)
    found = [term for term in terms if name in _reads(design, term)] or _called(name, terms)
    if found:
        return frozenset(found)
    columns = {column for term in terms for column in _reads(design, term)}
    raise FormulaError(
        f"{name!r} cannot be left out: no regressor or instrument reads it."
        f"{nearest(str(name), [*columns, *map(term_name, terms)])}"
    )


def _called(name: str, terms: Iterable[Term]) -> list[Term]:
    """Terms of that name, however it is written: `b:a` is `a:b`."""
    names = Names()
    known = {names.term(term): term for term in terms}
    try:
        asked = [names.term(term) for term in named_terms(name, (), "")]
    except FormulaError:
        return []
    return [known[term] for term in asked if term in known] if len(asked) == 1 else []


def without(design: Design, gone: Collection[Term], values: FactorValues | None) -> Design:
    """Return the design without some terms; identities stay, with their columns.

    Categories are coded anew where a term that goes has spared a column in one that stays, as
    `a` does in ``0 + a + b``: then the design has columns that W had not.

    Parameters
    ----------
    design : Design
    gone : terms
    values : FactorValues or None
        Needed where categories are coded anew.

    Raises
    ------
    IdentificationError
        If an equation has no regressor left.
    DataError
        If categories must be coded anew and there are no rows.
    """
    lists = design.lists
    if not any(_spares(own, gone, design.levels) for own in lists):
        kept = [tuple(column for column in own if column.term not in gone) for own in lists]
    elif values is None:
        raise DataError(
            f"Without {listing(map(term_name, gone))} other categories are coded anew, which "
            f"needs the rows; build the model from data again."
        )
    else:
        terms = [[term for term in _terms(own) if term not in gone] for own in lists]
        kept = code_columns(terms, values.kinds)
    smaller = design.using(kept)
    require_regressors(smaller)
    lefts = _left_sides(design).values()
    texts = [
        text if own == before else f"{left} ~ {_right_side(own)}"
        for text, own, before, left in zip(design.texts, kept, lists, lefts, strict=False)
    ]
    defined = {code for identity in design.identities for code in identity.factors}
    there = {term_name(column.term) for own in kept for column in own} | defined
    lags = tuple(lag for lag in design.lags if lag.column in there)
    absent = tuple(
        tuple(j for j in own if design.columns[j].term not in gone) for own in design.absent
    )
    return replace(smaller, texts=tuple(texts), lags=lags, absent=absent)


def require_regressors(design: Design) -> None:
    """Check that each equation has a regressor.

    Raises
    ------
    IdentificationError
    """
    for label, own in zip(design.labels, design.regressors, strict=True):
        if not own:
            raise IdentificationError(f"Equation {label} has no regressor left.")


def _left_sides(design: Design) -> dict[str, str]:
    """Dependent of each equation by its label."""
    pairs = zip(design.labels, design.dependents, strict=True)
    return {label: design.columns[place].name for label, place in pairs}


def _reads(design: Design, term: Term) -> set[str]:
    """Data columns that a term reads."""
    return {name for code in term for name in design.reads[code]}


def _terms(columns: Sequence[Column]) -> list[Term]:
    return list(dict.fromkeys(column.term for column in columns))


def _spares(
    columns: Sequence[Column], gone: Collection[Term], levels: Mapping[str, tuple[Any, ...]]
) -> bool:
    """Whether a term that goes has spared a later one columns that no other term spares it.

    patsy codes terms of the same numeric factors in order, and leaves out of each what earlier ones
    span: the categories that both have. So a term keeps its columns when each set of categories
    shared with one that goes is shared with one that stays, too.
    """
    terms = _terms(columns)
    categories = {term: {code for code in term if code in levels} for term in terms}
    for place, own in enumerate(terms):
        if own in gone or not categories[own]:
            continue
        numbers = set(own) - categories[own]
        before = [t for t in terms[:place] if set(t) - categories[t] == numbers]
        staying = [categories[t] for t in before if t not in gone]
        for shared in (categories[own] & categories[t] for t in before if t in gone):
            if not any(shared <= other for other in staying):
                return True
    return False


def _right_side(columns: Sequence[Column]) -> str:
    """Write the right side of an equation that has lost terms."""
    terms = _terms(columns)
    shown = [term_name(term) for term in terms if term] or ["1"]
    return " + ".join(shown if () in terms else ["0", *shown])
