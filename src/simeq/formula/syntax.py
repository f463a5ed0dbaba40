"""What a factor's code says by itself, whoever evaluates it on whatever data; kept by its text."""

from __future__ import annotations

import ast
import functools
import keyword
from collections.abc import Iterable
from dataclasses import dataclass
from types import CodeType

from simeq.errors import FormulaError

#: Codes of factors that are kept.
KEPT_CODES = 1024

#: What a code may hold whose value in a row depends on that row alone, given its functions.
_BY_ROW = (
    *(ast.Expression, ast.Constant, ast.Name, ast.Load, ast.Attribute, ast.Call),
    *(ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow),
    *(ast.UnaryOp, ast.USub, ast.UAdd),
    *(ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE),
)


@dataclass(frozen=True)
class Syntax:
    """A factor's code, read.

    Attributes
    ----------
    compiled : code
    column : str or None
        The column that it is as it stands: ``x``, or ``Q("x y")``.
    plain : str
        The code without ``I(…)`` around it and quotes, to tell equal factors.
    mentions : tuple of str
        Names that it takes from outside itself, in order.
    called, dotted : tuple of str
        The functions that it calls, as ``"np.log"``, and all names with dots.
    quoted : tuple of str
        Columns that it reads by ``Q("name")``.
    by_row : bool
        Whether it keeps rows apart if its functions do.
    categorized : (str, tuple of str) or None
        What ``C(…)`` around all of it takes for a category, and names in its other arguments.
    """

    compiled: CodeType
    column: str | None
    plain: str
    mentions: tuple[str, ...]
    called: tuple[str, ...]
    dotted: tuple[str, ...]
    quoted: tuple[str, ...]
    by_row: bool
    categorized: tuple[str, tuple[str, ...]] | None


@functools.lru_cache(maxsize=KEPT_CODES)
def syntax(code: str) -> Syntax:
    """Read a factor's code.

    Raises
    ------
    FormulaError
        If it is not a Python expression.
    """
    try:
        tree = ast.parse(code, mode="eval")
    except SyntaxError:
        raise FormulaError(
            f"The term {code} is not a Python expression; a column of that name is Q({code!r})."
        ) from None
    nodes, body = list(ast.walk(tree)), tree.body
    quoted = tuple(name for name in map(_quoted, nodes) if name is not None)
    return Syntax(
        compile(tree, "<formula>", "eval"),
        body.id if isinstance(body, ast.Name) else _quoted(body),
        _plain(body),
        _mentions(nodes),
        tuple(ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)),
        tuple(ast.unparse(node) for node in nodes if isinstance(node, ast.Attribute)),
        quoted,
        all(isinstance(node, _BY_ROW) for node in nodes),
        _categorized(body),
    )


def bare_column(code: str) -> str | None:
    """Return the column that a factor reads as it stands (``x`` or ``Q("x y")``), else None."""
    return syntax(code).column


def plain(code: str) -> str:
    """Return code with ``I(…)`` around it and quotes of ``Q`` taken away, to tell equal factors."""
    return syntax(code).plain


def is_name(text: str) -> bool:
    """Whether a column of that name can stand in a formula without quotes."""
    return text.isidentifier() and not keyword.iskeyword(text)


def _mentions(nodes: Iterable[ast.AST]) -> tuple[str, ...]:
    """Names from outside: neither arguments of a lambda, nor variables of a comprehension."""
    names = [node for node in nodes if isinstance(node, ast.Name)]
    own = {node.arg for node in nodes if isinstance(node, ast.arg)}
    own |= {node.id for node in names if isinstance(node.ctx, ast.Store)}
    return tuple(dict.fromkeys(node.id for node in names if node.id not in own))


def _quoted(node: ast.AST) -> str | None:
    """Return the column that a node ``Q("name")`` reads."""
    match node:
        case ast.Call(func=ast.Name(id="Q"), args=[ast.Constant(value=name)]):
            return str(name)
        case ast.Call(func=ast.Name(id="Q")):
            raise FormulaError(f"{ast.unparse(node)}: Q takes one column name in quotes.")
    return None


def _plain(body: ast.expr) -> str:
    """Write a factor without what does not tell it from others."""
    match body:
        case ast.Call(func=ast.Name(id="I"), args=[inner]):
            return _plain(inner)
    quoted = _quoted(body)
    if quoted is None:
        return ast.unparse(body)
    return quoted if is_name(quoted) else f"Q({quoted!r})"


def _categorized(body: ast.expr) -> tuple[str, tuple[str, ...]] | None:
    """Take ``C(…)`` apart."""
    match body:
        case ast.Call(func=ast.Name(id="C"), args=[argument, *others], keywords=keywords):
            rest = [*others, *(own.value for own in keywords)]
            return ast.unparse(argument), _mentions([n for own in rest for n in ast.walk(own)])
    return None
