"""Accounting identities: linear combinations by definition, read as text and never evaluated."""

from __future__ import annotations

import ast
import io
import math
import tokenize
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from simeq.errors import FormulaError, nearest
from simeq.formula.expression import bare_column, plain
from simeq.formula.names import Names, entries
from simeq.formula.terms import INTERCEPT, parse

#: ``"gnp = consump + invest + govExp"``, or several.
Identities: TypeAlias = Sequence[str] | str | None

_SIGNS: dict[type[ast.unaryop], float] = {ast.UAdd: 1.0, ast.USub: -1.0}


@dataclass(frozen=True)
class Identity:
    """A variable that is a linear combination of others by definition.

    Attributes
    ----------
    text : str
    left : str
        The term that it defines.
    weights : tuple of (str, float)
        Terms of the right side with their coefficients; the constant under the intercept's name.
    """

    text: str
    left: str
    weights: tuple[tuple[str, float], ...]

    @property
    def where(self) -> str:
        """How an error names it."""
        return f"Identity {self.text!r}"

    @property
    def role(self) -> str:
        """How an error names its left side."""
        return f"the left side of the identity {self.text!r}"

    @property
    def factors(self) -> tuple[str, ...]:
        """Codes of the left side and of each term on the right."""
        return (self.left, *(code for code, _ in self.weights if code != INTERCEPT.name))


def read_identities(
    given: Identities, taken: Mapping[str, str], names: Names
) -> tuple[Identity, ...]:
    """Parse identities; a variable has one equation or one identity.

    Parameters
    ----------
    given : str or sequence of str, optional
    taken : dict
        Left sides of the equations, with words for each.
    names : Names

    Raises
    ------
    FormulaError
        If one cannot be read, or defines what has a definition already.
    """
    known, found = dict(taken), []
    for text in entries(given, "identities"):
        read = parse_identity(text)
        if plain(read.left) in known:
            raise FormulaError(
                f"{read.where}: {read.left} is {known[plain(read.left)]} already; a variable has "
                f"one equation or one identity."
            )
        known[plain(read.left)] = read.role
        weights = tuple((names.factor(code), weight) for code, weight in read.weights)
        found.append(Identity(read.text, names.factor(read.left), weights))
    return tuple(found)


def require_known(
    found: Sequence[Identity], codes: Collection[str], columns: Collection[str]
) -> None:
    """Check that identities name columns of the data, or functions that the system evaluates.

    An identity's text brings no code of its own.

    Raises
    ------
    FormulaError
    """
    for identity in found:
        for code in identity.factors:
            column = bare_column(code)
            if column is None and code not in codes:
                raise FormulaError(
                    f"{identity.where}: {code} is no term of the equations or instruments; make "
                    f"it a column of data.{nearest(code, codes)}"
                )
            if column is not None and column not in columns:
                hint = nearest(column, columns)
                raise FormulaError(f"{identity.where}: unknown column {column!r}.{hint}")


def parse_identity(text: str) -> Identity:
    """Read ``"left = linear combination"``: terms, numbers, parentheses, + − * and / by numbers.

    Parameters
    ----------
    text : str
        Such as ``"profit = gnp - taxes - privWage"`` or ``"x = 0.5*(a + b) + 1"``. A term is a
        column, ``Q("odd name")``, or a function such as ``np.log(y)`` that stands for itself.

    Raises
    ------
    FormulaError
        If it is no such thing.

    Examples
    --------
    >>> from simeq.formula.identities import parse_identity
    >>> parse_identity("profit = gnp - 2*(taxes + privWage)/4 + 1").weights
    (('gnp', 1.0), ('taxes', -0.5), ('privWage', -0.5), ('Intercept', 1.0))
    """
    where = f"Identity {text!r}"
    if not isinstance(text, str):
        raise FormulaError(f"An identity is text, as 'y = c + i', not {text!r}.")
    left, right = _sides(text, where)
    defined = _combination(left, where)
    if list(defined.values()) != [1.0] or INTERCEPT.name in defined:
        raise FormulaError(
            f"{where}: the left side must be one variable by itself, not {left.strip()!r}."
        )
    name = next(iter(defined))
    weights = {code: w for code, w in _combination(right, where).items() if w != 0.0}
    if name in weights:
        raise FormulaError(f"{where}: {name} stands on both sides; solve for it by hand.")
    if not set(weights) - {INTERCEPT.name}:
        raise FormulaError(f"{where}: no variable stands on the right side.")
    return Identity(text.strip(), name, tuple(weights.items()))


def _sides(text: str, where: str) -> tuple[str, str]:
    """Split at the equals sign that stands in no bracket and no quotes."""
    line = " ".join(text.split())
    depth, places = 0, []
    try:
        for token in tokenize.generate_tokens(io.StringIO(line).readline):
            if token.type == tokenize.OP:
                depth += (token.string in "([{") - (token.string in ")]}")
                if token.string == "=" and depth == 0:
                    places.append(token.start[1])
    except (tokenize.TokenError, SyntaxError):
        places = []
    if len(places) != 1:
        raise FormulaError(f"{where}: write one equals sign, as in 'gnp = consump + invest'.")
    return line[: places[0]], line[places[0] + 1 :]


def _combination(text: str, where: str) -> dict[str, float]:
    """Terms of a linear expression with their coefficients."""
    code = text.strip()
    try:
        found = _terms(ast.parse(code, mode="eval").body, code, where)
    except (SyntaxError, ArithmeticError) as error:
        raise FormulaError(f"{where}: cannot read {code!r}: {error}.") from None
    if not all(map(math.isfinite, found.values())):
        raise FormulaError(f"{where}: {code!r} holds a number that is not finite.")
    return found


def _terms(node: ast.expr, text: str, where: str) -> dict[str, float]:
    """Walk a linear expression; a name or a call is a term, anything else must be arithmetic."""
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return {INTERCEPT.name: float(value)}
        case ast.Name() | ast.Call():
            return {_factor(ast.get_source_segment(text, node) or "", where): 1.0}
        case ast.UnaryOp(op=ast.UAdd() | ast.USub()):
            return _scaled(_terms(node.operand, text, where), _SIGNS[type(node.op)])
        case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div()):
            left, right = _terms(node.left, text, where), _terms(node.right, text, where)
            return _joined(node.op, left, right, where, ast.unparse(node))
    raise FormulaError(
        f"{where}: {ast.unparse(node)} is not linear arithmetic; an identity takes terms, numbers, "
        f"+, -, * and / by numbers, and brackets. Make another function a column of data."
    )


def _joined(
    op: ast.operator, left: dict[str, float], right: dict[str, float], where: str, shown: str
) -> dict[str, float]:
    if isinstance(op, ast.Add | ast.Sub):
        sign = 1.0 if isinstance(op, ast.Add) else -1.0
        return {c: left.get(c, 0.0) + sign * right.get(c, 0.0) for c in {**left, **right}}
    if isinstance(op, ast.Mult) and _is_number(left):
        return _scaled(right, left[INTERCEPT.name])
    if _is_number(right):
        value = right[INTERCEPT.name]
        return _scaled(left, value if isinstance(op, ast.Mult) else 1.0 / value)
    raise FormulaError(
        f"{where}: {shown} is not linear; an identity multiplies and divides by numbers alone."
    )


def _is_number(terms: dict[str, float]) -> bool:
    return set(terms) == {INTERCEPT.name}


def _scaled(terms: dict[str, float], by: float) -> dict[str, float]:
    return {code: by * weight for code, weight in terms.items()}


def _factor(code: str, where: str) -> str:
    """Return a term's code as formulas write it."""
    terms = parse(f"~ 0 + {code}", where).right
    if len(terms) != 1 or len(terms[0]) != 1 or code == INTERCEPT.name:
        raise FormulaError(f"{where}: {code} is no variable; write a constant as a number.")
    return terms[0][0]
