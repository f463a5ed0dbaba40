"""One factor of a formula as a Python expression: what it reads, how it is evaluated.

Formulas are evaluated as Python code: take them from people you trust, never from a data file.
"""

from __future__ import annotations

import ast
import builtins
import functools
import keyword
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from types import CodeType, ModuleType
from typing import Any, Protocol

import numpy as np
import pandas as pd

from simeq.errors import FormulaError, nearest

_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
_PASSIVE = (ast.Expression, ast.Constant, ast.Load, ast.operator, ast.unaryop, ast.cmpop)


class Lookup(Protocol):
    """Where names outside the data are looked up."""

    def get(self, name: str, default: Any, /) -> Any:
        """Return the object of that name, or `default`."""
        ...


@dataclass(frozen=True)
class Expression:
    """A factor's code with the names that it needs.

    Attributes
    ----------
    code : str
        Python code, as patsy normalises it.
    reads : tuple of str
        Data columns.
    names : dict
        Modules, functions and scalars of the caller or of patsy.
    elementwise : bool
        Whether row i of the value depends on row i of the columns alone: columns, arithmetic,
        comparisons, numpy ufuncs and ``I``. Anything else gets whole columns, once.
    stateful : bool
        Whether patsy learns something from the sample (``center``, ``bs``).
    where : str
        The first equation or list that holds the factor, for errors.
    """

    code: str
    reads: tuple[str, ...]
    names: Mapping[str, Any]
    elementwise: bool
    stateful: bool
    where: str

    def __call__(self, columns: Mapping[str, Any]) -> Any:
        """Evaluate on columns by name; floating point trouble shows in the value, not a warning.

        Raises
        ------
        FormulaError
            If Python raises.
        """
        scope = {**self.names, **columns}
        if "Q" in self.names:
            scope["Q"] = columns.__getitem__
        try:
            with np.errstate(all="ignore"):
                return eval(_compiled(self.code), scope)
        except Exception as error:
            hint = " Instruments go into instruments=, not after a bar." if "|" in self.code else ""
            raise FormulaError(
                f"{self.where}: the term {self.code} cannot be evaluated: {error}.{hint}"
            ) from error


def expression(
    code: str, columns: Collection[str], caller: Lookup, patsy_names: Lookup, where: str
) -> Expression:
    """Bind a factor's code to the data columns and outside names that it mentions.

    Raises
    ------
    FormulaError
        If a name is nowhere, if it is an array outside the data, or if a column hides a function.
    """
    called = _called(code)
    names: dict[str, Any] = {}
    reads: list[str] = []
    for name in _mentioned(code):
        if name in columns:
            if name in called:
                raise FormulaError(
                    f"{where}: column {name!r} hides the function {name}(…) that the term {code} "
                    f"calls; rename the column."
                )
            reads.append(name)
        else:
            names[name] = _outside(name, name in called, caller, patsy_names)
            _require_usable(name, names[name], name in called, columns, where, code)
    if "Q" in called:
        reads += [q for q in map(_quoted, ast.walk(_syntax(code))) if q is not None]
        _require_columns(reads, columns, where)
    stateful = any(hasattr(value, "__patsy_stateful_transform__") for value in names.values())
    own: set[str] = {n for n in ("I", "Q") if n in names and names[n] is patsy_names.get(n, None)}
    elementwise = all(_is_elementwise(node, names, own) for node in ast.walk(_syntax(code)))
    return Expression(code, tuple(dict.fromkeys(reads)), names, elementwise, stateful, where)


def plain(code: str) -> str:
    """Return code with ``I(…)`` around it and quotes of ``Q`` taken away, to tell equal factors."""
    body = _syntax(code).body
    while isinstance(body, ast.Call) and isinstance(body.func, ast.Name) and body.func.id == "I":
        if len(body.args) != 1:
            break
        body = body.args[0]
    quoted = _quoted(body)
    if quoted is None:
        return ast.unparse(body)
    return quoted if is_name(quoted) else f"Q({quoted!r})"


def is_name(text: str) -> bool:
    """Whether a column of that name can stand in a formula without quotes."""
    return text.isidentifier() and not keyword.iskeyword(text)


def names_of(code: str) -> set[str]:
    """Names that a factor's code takes from outside itself."""
    return set(_mentioned(code))


def bare_column(code: str) -> str | None:
    """Return the column that a factor reads as it stands (``x`` or ``Q("x y")``), else None."""
    body = _syntax(code).body
    return body.id if isinstance(body, ast.Name) else _quoted(body)


@dataclass(frozen=True)
class Stateful:
    """A stateful factor with what it passes to its transforms taken out.

    Attributes
    ----------
    code : str
        The factor with a name in the place of each argument.
    arguments : dict of str to Expression
        The arguments by that name; they are evaluated on all rows, so that a lag means the row
        before, whatever rows the transform learns from.
    """

    code: str
    arguments: Mapping[str, Expression]


def take_out_arguments(source: Expression) -> Stateful:
    """Separate a stateful factor from the arguments of its innermost transforms."""
    tree = ast.parse(source.code, mode="eval")
    arguments: dict[str, Expression] = {}
    for call in [node for node in ast.walk(tree) if _is_transform(node, source.names)]:
        assert isinstance(call, ast.Call)
        if any(_is_transform(inner, source.names) for arg in call.args for inner in ast.walk(arg)):
            continue
        for i, arg in enumerate(call.args):
            code = ast.unparse(arg)
            if not set(_mentioned(code)) & set(source.reads) and "Q" not in _called(code):
                continue  # a number, such as the degrees of freedom of a spline
            name = f"_argument{len(arguments)}"
            arguments[name] = replace(source, code=code, elementwise=False, stateful=False)
            call.args[i] = ast.Name(name, ast.Load())
    return Stateful(ast.unparse(tree), arguments)


def _is_transform(node: ast.AST, names: Mapping[str, Any]) -> bool:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
        return False
    return hasattr(names.get(node.func.id), "__patsy_stateful_transform__")


@functools.lru_cache(maxsize=1024)
def _syntax(code: str) -> ast.Expression:
    try:
        return ast.parse(code, mode="eval")
    except SyntaxError:
        raise FormulaError(
            f"The term {code} is not a Python expression; a column of that name is Q({code!r})."
        ) from None


@functools.lru_cache(maxsize=1024)
def _compiled(code: str) -> CodeType:
    return compile(_syntax(code), "<formula>", "eval")


def _called(code: str) -> set[str]:
    """Names that the code calls as functions."""
    nodes = ast.walk(_syntax(code))
    return {n.func.id for n in nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}


def _mentioned(code: str) -> list[str]:
    """Names that the code takes from outside itself, in order."""
    nodes = list(ast.walk(_syntax(code)))
    own = {node.arg for node in nodes if isinstance(node, ast.arg)}
    own |= {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    found = [n.id for n in nodes if isinstance(n, ast.Name) and n.id not in own]
    return list(dict.fromkeys(found))


def _quoted(node: ast.AST) -> str | None:
    """Return the column that a node ``Q("name")`` reads."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Q"):
        return None
    if len(node.args) == 1 and isinstance(node.args[0], ast.Constant):
        return str(node.args[0].value)
    raise FormulaError(f"{ast.unparse(node)}: Q takes one column name in quotes.")


def _require_columns(names: list[str], columns: Collection[str], where: str) -> None:
    for name in names:
        if name not in columns:
            hint = nearest(name, columns)
            raise FormulaError(f"{where}: unknown column {name!r} in Q({name!r}).{hint}")


def _outside(name: str, is_called: bool, caller: Lookup, patsy_names: Lookup) -> Any:
    """Find a name outside the data: the caller's, then numpy, then patsy's, then Python's."""
    value = caller.get(name, _NOWHERE)
    if is_called and not callable(value):
        value = _NOWHERE
    for fallback in ({"np": np}, patsy_names, vars(builtins)):
        value = fallback.get(name, _NOWHERE) if value is _NOWHERE else value
    return value


def is_standard(name: str, value: Any, patsy_names: Lookup) -> bool:
    """Whether a name means the same everywhere: numpy, patsy's functions, Python's."""
    return any(
        value is known.get(name, _NOWHERE) for known in ({"np": np}, patsy_names, vars(builtins))
    )


def _require_usable(
    name: str, value: Any, is_called: bool, columns: Collection[str], where: str, code: str
) -> None:
    """Refuse a name that is nowhere, and data that stand outside the data frame."""
    if value is _NOWHERE:
        what = "function" if is_called else "column"
        hint = f" Write Q({code!r})." if code in columns else nearest(name, columns)
        if is_called and callable(getattr(np, name, None)):
            hint = f" Did you mean np.{name}?"
        raise FormulaError(f"{where}: unknown {what} {name!r} in the term {code}.{hint}")
    if not (isinstance(value, ModuleType) or callable(value) or pd.api.types.is_scalar(value)):
        raise FormulaError(
            f"{where}: {name!r} in the term {code} is a {type(value).__name__} outside the data; "
            f"put it in data as a column."
        )


_NOWHERE = object()


def _is_elementwise(node: ast.AST, names: Mapping[str, Any], own: set[str]) -> bool:
    """Whether one node of the syntax tree keeps rows apart; `own` are patsy's I and Q."""
    match node:
        case ast.Name():
            value = names.get(node.id)
            return not isinstance(value, str)
        case ast.BinOp():
            return isinstance(node.op, _OPERATORS)
        case ast.UnaryOp():
            return isinstance(node.op, ast.USub | ast.UAdd)
        case ast.Compare():
            return len(node.ops) == 1 and not isinstance(node.ops[0], ast.Is | ast.In | ast.NotIn)
        case ast.Call():
            return not node.keywords and _is_ufunc(node.func, names, own)
        case ast.Attribute():
            return isinstance(_constant_object(node, names), np.ufunc)
        case _:
            return isinstance(node, _PASSIVE)


def _is_ufunc(function: ast.expr, names: Mapping[str, Any], own: set[str]) -> bool:
    if isinstance(function, ast.Name) and function.id in own:
        return True
    value = _constant_object(function, names)
    return isinstance(value, np.ufunc) and value.signature is None


def _constant_object(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """Return the object that ``name`` or ``module.name`` stands for, if it is from outside."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        owner = _constant_object(node.value, names)
        return getattr(owner, node.attr, None) if isinstance(owner, ModuleType) else None
    return None
