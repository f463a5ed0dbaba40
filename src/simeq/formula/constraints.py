"""Linear restrictions across equations, from Stata's text form or as a matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from simeq.errors import ConstraintError, FormulaError, nearest
from simeq.formula.terms import parse_constraint
from simeq.linalg.bases import FloatArray

#: Text, a list of texts, a matrix R (q = 0), or a pair (R, q).
Constraints: TypeAlias = Any


def flat_names(index: Sequence[tuple[str, str]]) -> list[str]:
    """Names of coefficients as ``[equation]term``."""
    return [f"[{equation}]{term}" for equation, term in index]


def read_constraints(
    constraints: Constraints, names: Sequence[str]
) -> tuple[FloatArray, FloatArray, list[str]]:
    """Return R, q and a text for each row of R b = q.

    Parameters
    ----------
    constraints : str, sequence of str, (j, K) array, or pair of (j, K) and (j,) arrays
        Text is Stata's form, as ``"[demand]income = [supply]trend, [supply]price = 0.5"``.
    names : K str
        Names of the coefficients.

    Raises
    ------
    ConstraintError
        If a text names no coefficient or a matrix has the wrong shape.
    """
    if isinstance(constraints, str):
        return _from_text(constraints, names)
    if isinstance(constraints, Sequence) and not constraints:
        raise ConstraintError("The list of constraints is empty; leave constraints out instead.")
    if (
        isinstance(constraints, Sequence)
        and constraints
        and all(isinstance(text, str) for text in constraints)
    ):
        return _from_text(", ".join(constraints), names)
    pair = isinstance(constraints, tuple) and len(constraints) == 2
    r, q = constraints if pair and np.ndim(constraints[0]) > 0 else (constraints, None)
    return _from_matrix(r, q, names)


def _from_text(text: str, names: Sequence[str]) -> tuple[FloatArray, FloatArray, list[str]]:
    if not text.strip():
        raise ConstraintError("The constraint is empty.")
    pieces = [piece.strip() for piece in split_outside_brackets(text)]
    if "" in pieces:
        raise ConstraintError(f"The constraint {text!r} has an empty part beside a comma.")
    rows, values = [], []
    for piece in pieces:
        try:
            r, q = parse_constraint(with_intercept(piece, names), names)
        except FormulaError as error:
            raise ConstraintError(_unreadable(piece, names, str(error))) from None
        if not (np.isfinite(r).all() and np.isfinite(q).all()):
            raise ConstraintError(f"The constraint {piece!r} holds a number that is not finite.")
        rows.append(r)
        values.append(q)
    texts = [p for p, r in zip(pieces, rows, strict=True) for _ in range(len(r))]
    return np.vstack(rows), np.concatenate(values), texts


def split_outside_brackets(text: str) -> list[str]:
    """Split at commas that stand in no bracket: a term's name may hold some."""
    depth, start, pieces = 0, 0, []
    for i, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth <= 0:
            pieces.append(text[start:i])
            start = i + 1
    return [*pieces, text[start:]]


def with_intercept(text: str, names: Sequence[str]) -> str:
    """Read Stata's ``_cons`` as the intercept, unless a column has that name."""
    if any(name.endswith("]_cons") for name in names):
        return text
    return text.replace("]_cons", "]Intercept")


def _unreadable(text: str, names: Sequence[str], reason: str) -> str:
    """Say why a constraint cannot be read, with the nearest coefficient where that may help."""
    if "in a linear constraint" in reason or "**" in text:
        return (
            f"The constraint {text!r} cannot be read ({reason}). Restrictions are linear; "
            f"result.nonlinear({text!r}) gives other functions with their standard errors."
        )
    word = text[max(text.find("["), 0) :].split("=")[0].split(" - ")[0].split(" + ")[0].strip()
    same = [name for name in names if name.endswith(f"]{word}")]
    hint = f" Did you mean {same[0]!r}?" if same else nearest(word, names)
    if not hint:
        hint = f" Coefficients are named as {names[0]!r}."
    return f"The constraint {text!r} names no coefficient or cannot be read ({reason}).{hint}"


def _from_matrix(r: Any, q: Any, names: Sequence[str]) -> tuple[FloatArray, FloatArray, list[str]]:
    try:
        matrix = np.atleast_2d(np.asarray(r, dtype=np.float64))
        value = np.zeros(len(matrix)) if q is None else np.asarray(q, dtype=np.float64).ravel()
    except (TypeError, ValueError):
        raise ConstraintError("Constraints are text, or numbers: a matrix R or (R, q).") from None
    if value.size == 1 and len(matrix) > 1:
        value = np.full(len(matrix), value[0])
    if matrix.ndim != 2 or matrix.shape[1] != len(names) or value.size != len(matrix):
        raise ConstraintError(
            f"R has shape {matrix.shape} and q {value.size} values; R needs {len(names)} columns, "
            f"one for each coefficient, and q one value for each row."
        )
    if not (np.isfinite(matrix).all() and np.isfinite(value).all()):
        raise ConstraintError("R and q must be finite.")
    return matrix, value, [f"row {i + 1} of R" for i in range(len(matrix))]
