"""Formula text to terms and columns. The only file that knows patsy.

Formulas are evaluated as Python code: take them from people you trust, never from a data file.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import patsy
import patsy.builtins
from patsy.constraint import linear_constraint

from simeq.errors import FormulaError
from simeq.formula.expression import Lookup
from simeq.linalg.bases import FloatArray

#: A product of factors, each the code of a Python expression; () is the intercept.
Term: TypeAlias = tuple[str, ...]

#: The functions that formulas have beside numpy: ``C``, ``I``, ``Q``, ``bs``, ``center`` …
PATSY_NAMES: Mapping[str, Any] = {
    name: getattr(patsy.builtins, name) for name in patsy.builtins.__all__
}


@dataclass(frozen=True)
class Formula:
    """A parsed formula: its text, the terms before the tilde and the terms after it."""

    text: str
    left: tuple[Term, ...]
    right: tuple[Term, ...]


@dataclass(frozen=True)
class Categories:
    """The values of a categorical factor, in order, with the contrast that its code asks for."""

    levels: tuple[Any, ...]
    contrast: Any = None


@dataclass(frozen=True)
class Part:
    """A factor's share in a column: its numeric column `position`, or a value per category."""

    code: str
    position: int = 0
    contrast: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Column:
    """A column of the design: its name, the term it came from, the parts whose product it is."""

    name: str
    term: Term
    parts: tuple[Part, ...]


#: The column of ones.
INTERCEPT = Column("Intercept", (), ())


def parse(text: str, where: str) -> Formula:
    """Parse one formula; `where` is how an error names it, such as ``"Equation demand"``.

    Raises
    ------
    FormulaError
        If patsy cannot read it.
    """
    if not isinstance(text, str):
        raise FormulaError(f"{where}: a formula is text, not {type(text).__name__}.")
    try:
        desc = patsy.ModelDesc.from_formula(text)
    except (patsy.PatsyError, SyntaxError) as error:
        reason = str(error).split("\n")[0]
        hint = "; an equation has one left side and one ~" if text.count("~") > 1 else ""
        raise FormulaError(f"{where}: cannot read {text!r}: {reason}{hint}.") from None
    return Formula(text, _terms(desc.lhs_termlist), _terms(desc.rhs_termlist))


def _terms(termlist: Iterable[Any]) -> tuple[Term, ...]:
    return tuple(tuple(factor.name() for factor in term.factors) for term in termlist)


def term_name(term: Term) -> str:
    """Name a term as patsy does."""
    return ":".join(term) if term else "Intercept"


def left_side(formula: Formula, where: str) -> str:
    """Return the code of the single factor on the left of an equation.

    Raises
    ------
    FormulaError
        If there is none, or more than one.
    """
    if not formula.left:
        raise FormulaError(
            f"{where}: {formula.text!r} has no left side; write 'dependent ~ regressors'."
        )
    if len(formula.left) > 1 or len(formula.left[0]) != 1:
        shown = " + ".join(term_name(term) for term in formula.left)
        raise FormulaError(
            f"{where}: the left side {shown} must be one numeric factor; "
            f"write arithmetic inside I(…), as in I(y - x)."
        )
    return formula.left[0][0]


def caller_names(depth: int) -> Lookup:
    """Return what is visible `depth` frames above the function that calls this one."""
    names: Lookup = patsy.EvalEnvironment.capture(depth + 1).namespace
    return names


def code_columns(
    termlists: Sequence[Sequence[Term]], kinds: Mapping[str, int | Categories]
) -> list[tuple[Column, ...]]:
    """Code terms as columns, categories by patsy's rules for contrasts and redundancy.

    patsy sees stand-ins that have each factor's kind and no data: zeros for a numeric factor, one
    row per level for a category.

    Parameters
    ----------
    termlists : G lists of terms
    kinds : mapping
        For each factor's code the number of its numeric columns, or its `Categories`.
    """
    stand_ins = {code: _stand_in(code, kind) for code, kind in kinds.items()}
    values = {
        code: np.zeros((1, kind) if kind > 1 else 1) if isinstance(kind, int) else kind.levels
        for code, kind in kinds.items()
    }
    described = [
        [patsy.Term([stand_ins[code] for code in term]) for term in terms] for terms in termlists
    ]
    try:
        designs = patsy.design_matrix_builders(
            described, lambda: iter([values]), patsy.EvalEnvironment([{}])
        )
    except (patsy.PatsyError, ValueError) as error:
        raise FormulaError(
            f"A category cannot be coded as its formula asks: {str(error).splitlines()[0]}."
        ) from None
    return [_columns(design) for design in designs]


def _stand_in(code: str, kind: int | Categories) -> Any:
    if isinstance(kind, int):
        return patsy.LookupFactor(code)
    return patsy.LookupFactor(code, True, contrast=kind.contrast, levels=kind.levels)


def _columns(design: Any) -> tuple[Column, ...]:
    """Read patsy's coding of each term: products of columns, the left-most factor fastest."""
    names = iter(design.column_names)
    columns: list[Column] = []
    for term, subterms in design.term_codings.items():
        codes = tuple(factor.name() for factor in term.factors)
        for subterm in subterms:
            choices = [_parts(factor, subterm, design) for factor in subterm.factors]
            for reversed_parts in itertools.product(*reversed(choices)):
                columns.append(Column(next(names), codes, reversed_parts[::-1]))
    return tuple(columns)


def _parts(factor: Any, subterm: Any, design: Any) -> list[Part]:
    """List the columns that one factor brings to a subterm."""
    if factor in subterm.contrast_matrices:
        matrix = subterm.contrast_matrices[factor].matrix
        return [Part(factor.name(), 0, tuple(map(float, column))) for column in matrix.T]
    return [Part(factor.name(), j) for j in range(design.factor_infos[factor].num_columns)]


class StatefulTransform:
    """A factor such as ``center(x)`` or ``bs(x, 4)``, which learns from the sample.

    Parameters
    ----------
    code : str
    names : mapping
        Functions and scalars that the code names.
    sample : mapping
        Columns of the kept rows.
    """

    def __init__(self, code: str, names: Mapping[str, Any], sample: Mapping[str, Any]) -> None:
        self._factor = patsy.EvalFactor(code)
        self._state: dict[str, Any] = {}
        environment = patsy.EvalEnvironment([dict(names)])
        passes = self._factor.memorize_passes_needed(self._state, environment)
        for number in range(passes):
            self._factor.memorize_chunk(self._state, number, sample)
            self._factor.memorize_finish(self._state, number)

    def __call__(self, columns: Mapping[str, Any]) -> FloatArray:
        """Evaluate with what was learned."""
        with np.errstate(all="ignore"):
            return np.asarray(self._factor.eval(self._state, columns), dtype=np.float64)


def parse_constraint(text: str, names: Sequence[str]) -> tuple[FloatArray, FloatArray]:
    """Read linear restrictions such as ``"a - b = 0.5, c = 0"`` on coefficients by name.

    Returns
    -------
    (r, k) array and (r,) array
        R and q of R b = q.

    Raises
    ------
    FormulaError
        If the text cannot be read.
    """
    try:
        with np.errstate(all="ignore"):
            restriction = linear_constraint(text, list(names))
    except (patsy.PatsyError, SyntaxError, ValueError, ArithmeticError, IndexError) as error:
        raise FormulaError(str(error).split("\n")[0]) from None
    return np.asarray(restriction.coefs, float), np.asarray(restriction.constants, float).ravel()
