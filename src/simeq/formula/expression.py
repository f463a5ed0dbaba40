"""One factor of a formula bound to data and caller: what it reads, how it is evaluated.

Formulas are evaluated as Python code: take them from people you trust, never from a data file.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections import ChainMap
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from numbers import Real
from types import ModuleType
from typing import Any, Protocol, TypeAlias

import numpy as np
import pandas as pd

from simeq.errors import FormulaError, nearest
from simeq.formula.syntax import Syntax, syntax
from simeq.formula.terms import FORMULA_NAMES, is_stateful


class Lookup(Protocol):
    """Where names outside the data are looked up."""

    def get(self, name: str, default: Any, /) -> Any:
        """Return the object of that name, or `default`."""
        ...


def caller_names(depth: int) -> Lookup:
    """Return what is visible `depth` frames above the function that calls this one."""
    frame = sys._getframe(depth + 1)
    return ChainMap(frame.f_locals, frame.f_globals)


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
        comparisons, numpy ufuncs and ``I``.
    by_row : bool
        Whether that holds, or holds for what ``C(…)`` takes for a category. Anything else needs
        whole columns, once.
    stateful : bool
        Whether patsy learns something from the sample (``center``, ``bs``).
    where : str
        The first equation or list that holds the factor, for errors.
    """

    code: str
    reads: tuple[str, ...]
    names: Mapping[str, Any]
    elementwise: bool
    by_row: bool
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
                return eval(syntax(self.code).compiled, scope)
        except Exception as error:
            hint = " Instruments go into instruments=, not after a bar." if "|" in self.code else ""
            raise FormulaError(
                f"{self.where}: the term {self.code} cannot be evaluated: {error}.{hint}"
            ) from error


#: Factors by their code.
Expressions: TypeAlias = Mapping[str, Expression]


def expression(code: str, columns: Collection[str], caller: Lookup, where: str) -> Expression:
    """Bind a factor's code to the data columns and outside names that it mentions.

    Raises
    ------
    FormulaError
        If a name is nowhere, if it is an array outside the data, or if a column hides a function.
    """
    own = syntax(code)
    names: dict[str, Any] = {}
    reads: list[str] = []
    for name in own.mentions:
        if name not in columns:
            names[name] = _outside(name, own, code, columns, caller, where)
        elif name in own.called:
            raise FormulaError(
                f"{where}: column {name!r} hides the function {name}(…) that the term {code} "
                f"calls; rename the column."
            )
        else:
            reads.append(name)
    for name in own.quoted:
        if name not in columns:
            hint = nearest(name, columns)
            raise FormulaError(f"{where}: unknown column {name!r} in Q({name!r}).{hint}")
    elementwise = _is_elementwise(own, names)
    return Expression(
        code,
        tuple(dict.fromkeys([*reads, *own.quoted])),
        names,
        elementwise,
        elementwise or _is_category_by_row(own, names, columns),
        any(map(is_stateful, names.values())),
        where,
    )


def take_out_arguments(source: Expression) -> tuple[str, dict[str, Expression]]:
    """Separate a stateful factor from the arguments of its innermost transforms.

    Returns
    -------
    str
        The factor with a name in the place of each argument.
    dict of str to Expression
        The arguments by that name; they are evaluated on all rows, so that a lag means the row
        before, whatever rows the transform learns from.
    """
    tree = ast.parse(source.code, mode="eval")
    arguments: dict[str, Expression] = {}
    for call in _transforms(tree, source.names):
        if any(_transforms(argument, source.names) for argument in call.args):
            continue
        for i, argument in enumerate(call.args):
            code = ast.unparse(argument)
            if not set(syntax(code).mentions) & set(source.reads) and not syntax(code).quoted:
                continue  # a number, such as the degrees of freedom of a spline
            name = f"_argument{len(arguments)}"
            arguments[name] = replace(source, code=code, elementwise=False, stateful=False)
            call.args[i] = ast.Name(name, ast.Load())
    return ast.unparse(tree), arguments


def _transforms(tree: ast.AST, names: Mapping[str, Any]) -> list[ast.Call]:
    """Calls of functions that learn from the sample."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [c for c in calls if isinstance(c.func, ast.Name) and is_stateful(names.get(c.func.id))]


def _outside(
    name: str, own: Syntax, code: str, columns: Collection[str], caller: Lookup, where: str
) -> Any:
    """Find a name outside the data: the caller's, then numpy, then patsy's, then Python's.

    Data that stand outside the data frame are refused.
    """
    is_called = name in own.called
    value = caller.get(name, _NOWHERE)
    if is_called and not callable(value):
        value = _NOWHERE
    for known in _STANDARD:
        value = known.get(name, _NOWHERE) if value is _NOWHERE else value
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
    return value


def is_standard(name: str, value: Any) -> bool:
    """Whether a name means the same everywhere: numpy, patsy's functions, Python's."""
    return any(value is known.get(name, _NOWHERE) for known in _STANDARD)


_NOWHERE = object()

#: What a name with dots may be in an element-wise code: a function, a number, or a step to them.
_OPERANDS = (np.ufunc, Real, ModuleType)

_STANDARD: tuple[Mapping[str, Any], ...] = ({"np": np}, FORMULA_NAMES, vars(builtins))


# What a name stands for may differ from caller to caller, so these are asked anew for each.


def _is_category_by_row(own: Syntax, names: Mapping[str, Any], columns: Collection[str]) -> bool:
    """Whether ``C(…)`` takes something element-wise for a category."""
    if own.categorized is None or names.get("C") is not FORMULA_NAMES["C"]:
        return False
    argument, others = own.categorized
    return _is_elementwise(syntax(argument), names) and not set(others).intersection(columns)


def _is_elementwise(own: Syntax, names: Mapping[str, Any]) -> bool:
    """Whether the value in a row depends on that row alone."""
    return (
        own.by_row
        and all(_is_ufunc(path, names) for path in own.called)
        and all(isinstance(_object(path, names), _OPERANDS) for path in own.dotted)
        and not any(isinstance(names.get(name), str) for name in own.mentions)
    )


def _is_ufunc(path: str, names: Mapping[str, Any]) -> bool:
    """Whether a function goes row by row; patsy's I and Q count as such."""
    value = _object(path, names)
    if isinstance(value, np.ufunc):
        return value.signature is None
    return path in ("I", "Q") and value is FORMULA_NAMES[path]


def _object(path: str, names: Mapping[str, Any]) -> Any:
    """Return the object that ``name`` or ``module.name`` stands for, if it is from outside."""
    first, *rest = path.split(".")
    found = names.get(first)
    for name in rest:
        found = getattr(found, name, None) if isinstance(found, ModuleType) else None
    return found
