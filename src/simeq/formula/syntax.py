"""What a factor's code says by itself, whoever evaluates it on whatever data; kept by its text."""

from __future__ import annotations

import ast
import functools
import keyword
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType

from simeq.errors import FormulaError

#: A name with dots, as ``("np", "log")``.
Path = tuple[str, ...]

_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
_COMPARISONS = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)


@dataclass(frozen=True)
class Syntax:
    """A factor's code, read.

    Attributes
    ----------
    compiled : code
    mentions : tuple of str
        Names that it takes from outside itself, in order.
    calls : frozenset of str
        Names that it calls as functions.
    quoted : tuple of str
        Columns that it reads by ``Q("name")``.
    column : str or None
        The column that it is as it stands: ``x``, or ``Q("x y")``.
    plain : str
        The code without ``I(…)`` around it and quotes, to tell equal factors.
    numbers, functions : tuple of Path, or None
        What must be numbers, and functions of rows one by one, for its value in a row to depend on
        that row alone; None when it cannot be so whatever they are.
    categorized : (str, tuple of str) or None
        What ``C(…)`` around all of it takes for a category, and names in its other arguments.
    """

    compiled: CodeType
    mentions: tuple[str, ...]
    calls: frozenset[str]
    quoted: tuple[str, ...]
    column: str | None
    plain: str
    numbers: tuple[Path, ...] | None
    functions: tuple[Path, ...] | None
    categorized: tuple[str, Path] | None


@functools.lru_cache(maxsize=1024)
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
    nodes = list(ast.walk(tree))
    called = [n.func.id for n in nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
    try:
        paths = list(_paths(tree.body))
    except _NotByRow:
        paths = None
    return Syntax(
        compile(tree, "<formula>", "eval"),
        _mentioned(nodes),
        frozenset(called),
        tuple(name for name in map(_quoted, nodes) if name is not None),
        tree.body.id if isinstance(tree.body, ast.Name) else _quoted(tree.body),
        _plain(tree.body),
        None if paths is None else tuple(path for path, called in paths if not called),
        None if paths is None else tuple(path for path, called in paths if called),
        _categorized(tree.body),
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


def _mentioned(nodes: list[ast.AST]) -> Path:
    """Names from outside: neither arguments of a lambda, nor variables of a comprehension."""
    own = {node.arg for node in nodes if isinstance(node, ast.arg)}
    own |= {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    found = [n.id for n in nodes if isinstance(n, ast.Name) and n.id not in own]
    return tuple(dict.fromkeys(found))


def _quoted(node: ast.AST) -> str | None:
    """Return the column that a node ``Q("name")`` reads."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Q"):
        return None
    if len(node.args) == 1 and isinstance(node.args[0], ast.Constant):
        return str(node.args[0].value)
    raise FormulaError(f"{ast.unparse(node)}: Q takes one column name in quotes.")


def _plain(body: ast.expr) -> str:
    while isinstance(body, ast.Call) and isinstance(body.func, ast.Name) and body.func.id == "I":
        if len(body.args) != 1:
            break
        body = body.args[0]
    quoted = _quoted(body)
    if quoted is None:
        return ast.unparse(body)
    return quoted if is_name(quoted) else f"Q({quoted!r})"


def _categorized(body: ast.expr) -> tuple[str, Path] | None:
    match body:
        case ast.Call(func=ast.Name(id="C"), args=[argument, *others], keywords=keywords):
            rest = [*others, *(own.value for own in keywords)]
            return ast.unparse(argument), _mentioned([n for own in rest for n in ast.walk(own)])
    return None


class _NotByRow(Exception):
    """Some part of an expression may look at other rows."""


def _paths(node: ast.AST) -> Iterator[tuple[Path, bool]]:
    """Yield dotted names, with whether they are called, of code that may keep rows apart."""
    match node:
        case ast.Name() | ast.Constant():
            return
        case ast.Attribute():
            yield _dotted(node), False
            return
        case ast.Call(func=function, args=arguments, keywords=[]):
            yield _dotted(function), True
            inner = arguments
        case ast.BinOp(left=left, op=op, right=right) if isinstance(op, _OPERATORS):
            inner = [left, right]
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            inner = [operand]
        case ast.Compare(left=left, ops=[op], comparators=[right]) if isinstance(op, _COMPARISONS):
            inner = [left, right]
        case _:
            raise _NotByRow
    for child in inner:
        yield from _paths(child)


def _dotted(node: ast.expr) -> Path:
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute):
        return (*_dotted(node.value), node.attr)
    raise _NotByRow
