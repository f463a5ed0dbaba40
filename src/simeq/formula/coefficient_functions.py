"""Functions of coefficients as text: read as arithmetic, never evaluated as code.

A value and its gradient go through every step together, so that derivatives are exact.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from simeq.errors import ConstraintError, nearest
from simeq.formula.constraints import split_outside_brackets, with_intercept
from simeq.linalg.bases import FloatArray

#: Functions of one argument, with their slopes given the argument and the value.
ELEMENTARY: dict[str, tuple[Callable[..., FloatArray], Callable[..., FloatArray]]] = {
    "exp": (np.exp, lambda x, y: y),
    "log": (np.log, lambda x, y: 1.0 / x),
    "sqrt": (np.sqrt, lambda x, y: 0.5 / y),
    "abs": (np.abs, lambda x, y: np.sign(x)),
}

#: What coefficients are called while their function is read.
PLACEHOLDER = "_coefficient_"

#: Functions as text: one, several with commas between, or a list.
Functions: TypeAlias = str | Sequence[str]


@dataclass(frozen=True)
class Slope:
    """A value at each of D points, and its gradient.

    Attributes
    ----------
    value : (D,) array
    gradient : (D, K) array
    """

    value: FloatArray
    gradient: FloatArray

    def scaled(self, value: FloatArray, slope: FloatArray) -> Slope:
        """Return a function of this: its value, and the gradient by the chain rule."""
        return Slope(np.asarray(value), np.asarray(slope)[:, None] * self.gradient)

    def __add__(self, other: Slope) -> Slope:
        return Slope(self.value + other.value, self.gradient + other.gradient)

    def __sub__(self, other: Slope) -> Slope:
        return Slope(self.value - other.value, self.gradient - other.gradient)

    def __mul__(self, other: Slope) -> Slope:
        left, right = self.value[:, None], other.value[:, None]
        return Slope(self.value * other.value, right * self.gradient + left * other.gradient)

    def __truediv__(self, other: Slope) -> Slope:
        value = self.value / other.value
        gradient = (self.gradient - value[:, None] * other.gradient) / other.value[:, None]
        return Slope(value, gradient)

    def __pow__(self, other: Slope) -> Slope:
        value = self.value**other.value
        whole = self.scaled(value, other.value * self.value ** (other.value - 1.0))
        if not other.gradient.any():
            return whole
        return Slope(value, whole.gradient + (value * np.log(self.value))[:, None] * other.gradient)


_OPERATORS: dict[type[ast.operator], Callable[[Slope, Slope], Slope]] = {
    ast.Add: Slope.__add__,
    ast.Sub: Slope.__sub__,
    ast.Mult: Slope.__mul__,
    ast.Div: Slope.__truediv__,
    ast.Pow: Slope.__pow__,
}


@dataclass(frozen=True)
class Function:
    """A function of coefficients.

    Attributes
    ----------
    text : str
    tree : ast.expr
        Its arithmetic, coefficients by placeholders.
    places : dict
        Position of each placeholder's coefficient.
    """

    text: str
    tree: ast.expr
    places: dict[str, int]

    def __call__(self, b: FloatArray) -> Slope:
        """Evaluate at D points (D, K); what is undefined comes out as NaN or infinite."""
        own = self._of_used(b)
        gradient = np.zeros_like(b)
        gradient[:, list(self.places.values())] = own.gradient
        return Slope(own.value, gradient)

    def value(self, b: FloatArray) -> FloatArray:
        """Values (D,) at D points (D, K)."""
        return self._of_used(b).value

    def _of_used(self, b: FloatArray) -> Slope:
        """Value and gradient by the coefficients that stand in it, few of K as a rule."""
        with np.errstate(all="ignore"):
            return self._walk(self.tree, b[:, list(self.places.values())])

    def _walk(self, node: ast.expr, b: FloatArray) -> Slope:
        match node:
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                return Slope(np.full(len(b), float(number)), np.zeros_like(b))
            case ast.Name(id=name) if name in self.places:
                own = list(self.places).index(name)
                gradient = np.zeros_like(b)
                gradient[:, own] = 1.0
                return Slope(b[:, own], gradient)
            case ast.UnaryOp(op=ast.UAdd()):
                return self._walk(node.operand, b)
            case ast.UnaryOp(op=ast.USub()):
                inner = self._walk(node.operand, b)
                return Slope(-inner.value, -inner.gradient)
            case ast.BinOp(op=op) if type(op) in _OPERATORS:
                return _OPERATORS[type(op)](self._walk(node.left, b), self._walk(node.right, b))
            case ast.Call(args=[argument], keywords=[]) if _named(node.func) in ELEMENTARY:
                function, slope = ELEMENTARY[_named(node.func)]
                inner = self._walk(argument, b)
                value = function(inner.value)
                return inner.scaled(value, slope(inner.value, value))
        raise ConstraintError(
            f"The function {self.text!r} cannot be read: it takes coefficients, numbers, +, -, *, "
            f"/, ** and {', '.join(ELEMENTARY)}."
        )


def _named(function: ast.expr) -> str:
    """Name of a function, also after ``np.``."""
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return function.attr if function.value.id == "np" else ""
    return function.id if isinstance(function, ast.Name) else ""


def read_functions(given: Functions, names: Sequence[str]) -> list[Function]:
    """Read functions of coefficients.

    Parameters
    ----------
    given : str or sequence of str
        As ``"[demand]price * [supply]price"``. With an equals sign, left less right.
    names : K str
        Names of the coefficients.

    Raises
    ------
    ConstraintError
        If one is empty, names no coefficient, or is anything but arithmetic.

    Examples
    --------
    >>> import numpy as np
    >>> from simeq.formula.coefficient_functions import read_functions
    >>> (product,) = read_functions("[a]x * [b]y", ["[a]x", "[b]y"])
    >>> found = product(np.array([[2.0, 3.0]]))
    >>> found.value, found.gradient
    (array([6.]), array([[3., 2.]]))
    """
    whole = [given] if isinstance(given, str) else list(given) if np.iterable(given) else []
    if not whole or not all(isinstance(text, str) for text in whole):
        raise ConstraintError("Functions of coefficients are text, as '[a]x * [b]y'.")
    pattern = _pattern(names)
    pieces = [piece for text in whole for piece in _pieces(text, pattern)]
    return [_read(piece.strip(), pattern, names) for piece in pieces]


def _pieces(text: str, pattern: re.Pattern[str]) -> list[str]:
    """Split at commas that stand in no bracket and no name, whatever a category is called."""
    masked = pattern.sub(lambda name: "_" * len(name.group()), text)
    sizes = [len(piece) for piece in split_outside_brackets(masked)]
    starts = itertools.accumulate((size + 1 for size in sizes[:-1]), initial=0)
    return [text[start : start + size] for start, size in zip(starts, sizes, strict=True)]


def _read(text: str, pattern: re.Pattern[str], names: Sequence[str]) -> Function:
    whole = with_intercept(text, names)
    places: dict[str, int] = {}

    def placeholder(match: re.Match[str]) -> str:
        name = f"{PLACEHOLDER}{names.index(match.group())}"
        places[name] = names.index(match.group())
        return f" {name} "

    left, *rest = re.split(r"(?<![<>=!])=(?!=)", pattern.sub(placeholder, whole))
    if len(rest) > 1 or not left.strip() or not all(side.strip() for side in rest):
        raise ConstraintError(f"The function {text!r} cannot be read; write 'f' or 'f = number'.")
    if PLACEHOLDER in pattern.sub(" ", whole):
        raise ConstraintError(_unreadable(text, pattern, names))
    try:
        tree = _tree(left)
        for side in rest:
            tree = ast.BinOp(tree, ast.Sub(), _tree(side))
        function = Function(text, tree, places)
        _require_known(function, pattern, names)
        function.value(np.ones((1, len(names))))
    except (RecursionError, MemoryError, OverflowError):
        raise ConstraintError(
            f"The function {text[:60]!r}… nests too deeply, or holds too large a number; write it "
            f"as several functions."
        ) from None
    except (SyntaxError, UnicodeError):
        raise ConstraintError(_unreadable(text, pattern, names)) from None
    return function


def _tree(side: str) -> ast.expr:
    """Parse one side of an equation, on one line and without comments."""
    if re.search(r"[#\0]", side):
        raise SyntaxError(side)
    return ast.parse(" ".join(side.split()), mode="eval").body


def _pattern(names: Sequence[str]) -> re.Pattern[str]:
    """Match coefficients' names, longer ones first, and none that goes on as another name.

    A name before a bracket, as ``exp (x)``, is that of a function.
    """
    longest = sorted(names, key=len, reverse=True)
    each = (
        re.escape(name)
        + (r"(?![\w.\[])" if name[-1:].isalnum() else "")
        + (r"(?!\s*\()" if name in ELEMENTARY else "")
        for name in longest
    )
    return re.compile(r"(?<![\w.\]])(?:" + "|".join(each) + ")")


def _require_known(function: Function, pattern: re.Pattern[str], names: Sequence[str]) -> None:
    """Check that only coefficients and functions are named, and one coefficient at the least."""
    used = [node.id for node in ast.walk(function.tree) if isinstance(node, ast.Name)]
    for name in used:
        if name not in function.places and name != "np" and name not in ELEMENTARY:
            raise ConstraintError(_unreadable(function.text, pattern, names))
    if not function.places:
        raise ConstraintError(_unreadable(function.text, pattern, names))


def _unreadable(text: str, pattern: re.Pattern[str], names: Sequence[str]) -> str:
    """Say which word is no coefficient, with the nearest."""
    words = re.findall(r"\[[^\]]*\]\s*[\w.]+|[A-Za-z_][\w.]*", pattern.sub(" ", text))
    strange = [w for w in words if w.removeprefix("np.") not in ELEMENTARY]
    hint = nearest(strange[0], names) if strange else ""
    if not hint:
        hint = f" Coefficients are named as {names[0]!r}."
    return f"The function {text!r} names no coefficient or is no arithmetic.{hint}"
