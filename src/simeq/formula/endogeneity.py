"""Who is endogenous: Stata's rule, made safe for terms that read a dependent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from simeq.errors import FormulaError, SimeqWarning, listing, nearest, warn
from simeq.formula.expression import bare_column, plain
from simeq.formula.identities import Identity
from simeq.formula.specification import Equation, Specification
from simeq.formula.terms import Term, term_name

#: For each factor's code the data columns that it reads.
Reads: TypeAlias = Mapping[str, tuple[str, ...]]


def instrument_lists(spec: Specification, reads: Reads) -> tuple[Sequence[Term], ...]:
    """Return one list of instruments for all equations, or one for each.

    Lists that the user gave are checked; otherwise the instruments are all exogenous terms of the
    system and those that `exog` names.

    Raises
    ------
    FormulaError
        If an instrument reads a dependent, or endog and exog contradict the system.
    """
    if spec.instruments:
        for terms in spec.instruments:
            _refuse_dependents(spec.definitions, terms, reads)
        return spec.instruments
    return (tuple(exogenous_terms(spec, reads)),)


def exogenous_terms(spec: Specification, reads: Reads) -> dict[Term, None]:
    """Exogenous terms under Stata's rule, in order.

    Endogenous are the data columns that any left side reads, of an equation or an identity, and
    those in `endog`, less what `exog` names, and with them every term that reads one; a term that
    `exog` names is exogenous whatever it reads. What only identities read is a variable of the
    system like any other.

    Raises
    ------
    FormulaError
        If endog or exog name what cannot be so.
    """
    _check_endog(spec, reads)
    _check_exog(spec, reads)
    endogenous = set(spec.endog)
    for definition in spec.definitions:
        endogenous.update(_own_endogenous(definition, spec, reads))
    found: dict[Term, None] = {}
    for term in spec.terms:
        if term in spec.exog_terms or not _columns(term, reads) & endogenous:
            found[term] = None
    found.update(dict.fromkeys(spec.exog_terms))
    return found


def _columns(term: Term, reads: Reads) -> set[str]:
    """Data columns that a term reads."""
    return {name for code in term for name in reads[code]}


def _exog_columns(spec: Specification) -> set[str]:
    """Data columns that `exog` names as they stand; a term such as ``lag(y)`` names none."""
    bare = [plain(term[0]) for term in spec.exog_terms if len(term) == 1]
    return {column for code in bare if (column := bare_column(code)) is not None}


def _own_endogenous(
    definition: Equation | Identity, spec: Specification, reads: Reads
) -> list[str]:
    """Columns that a left side makes endogenous.

    What the right side of an identity reads is a variable of its own, as y and x are in
    ``I(y - x) = y - x``.
    """
    others = _exog_columns(spec)
    if isinstance(definition, Identity):
        others |= {name for code in definition.factors[1:] for name in reads[code]}
    columns = [name for name in reads[definition.left] if name not in others]
    if len(columns) > 1:
        warn(
            f"{definition.where}: the left side {definition.left} reads {listing(columns)}; all "
            f"are taken as endogenous. Name in exog= those that are not.",
            SimeqWarning,
        )
    return columns


def _check_endog(spec: Specification, reads: Reads) -> None:
    """Check that each name in `endog` is read by an equation, and is not in `exog` as well."""
    terms = [*spec.terms, *((definition.left,) for definition in spec.definitions)]
    read = {name for term in terms for name in _columns(term, reads)}
    for name in spec.endog:
        if name in _exog_columns(spec):
            raise FormulaError(f"{name!r} is named in both endog and exog; it can be one of them.")
        if name not in read:
            raise FormulaError(
                f"endog names {name!r}, which is no column that an equation reads."
                f"{nearest(name, read)}"
            )


def _check_exog(spec: Specification, reads: Reads) -> None:
    """Check that `exog` does not name a dependent itself."""
    for definition in spec.definitions:
        columns = set(reads[definition.left])
        if (columns and columns <= _exog_columns(spec)) or (definition.left,) in spec.exog_terms:
            raise FormulaError(
                f"exog names {definition.left}, {definition.role}; a dependent cannot be exogenous."
            )


def _refuse_dependents(
    definitions: Sequence[Equation | Identity], terms: Sequence[Term], reads: Reads
) -> None:
    """Check that no instrument reads a left side; one made of several columns is read by all."""
    for definition in definitions:
        dependent = set(reads[definition.left])
        for term in terms:
            if dependent and dependent <= _columns(term, reads):
                raise FormulaError(
                    f"The instrument {term_name(term)} reads {listing(sorted(dependent))}, "
                    f"{definition.role}. A lag belongs in data as a column "
                    f"of its own."
                )
