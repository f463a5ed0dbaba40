"""A model of a part of its system, and the constraints that hold there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from typing import Any, Protocol, TypeAlias, TypeVar

import numpy as np

from simeq.design.sample_rows import SampleRows
from simeq.errors import ConstraintError
from simeq.estimation.system import System
from simeq.formula.constraints import Constraints, read_constraints
from simeq.results.system import SystemResults

#: Arguments of `SystemEquations.fit` by name.
Options: TypeAlias = Mapping[str, Any]


class FittableModel(Protocol):
    """What is asked of a model here: its system, its rows, and to be fitted."""

    system: System
    sample_rows: SampleRows | None

    @property
    def fit(self) -> Callable[..., SystemResults]:
        """Estimate the system."""


_Model = TypeVar("_Model", bound=FittableModel)


def part_of(model: _Model, system: System, sample_rows: SampleRows | None) -> _Model:
    """Return the model of another system: of fewer terms, or on some of the rows."""
    part = copy(model)  # what the model's __getstate__ keeps, by reference
    part.system, part.sample_rows = system, sample_rows
    return part


def constraints_on(options: Options, whole: System, part: System) -> dict[str, Constraints]:
    """Return the constraints among the options for the coefficients of a part of a system.

    Raises
    ------
    ConstraintError
        If one ties a coefficient that the part has not.
    """
    given = options.get("constraints")
    if given is None:
        return {}
    r, q, texts = read_constraints(given, whole.coefficient_names)
    place = {name: j for j, name in enumerate(part.coefficient_names)}
    out = np.zeros((len(r), len(place)))
    for name, own in zip(whole.coefficient_names, r.T, strict=True):
        if name in place:
            out[:, place[name]] = own
        elif own.any():
            text = texts[int(np.flatnonzero(own)[0])]
            raise ConstraintError(f"The constraint {text} ties {name}, which is not there.")
    is_text = isinstance(given, str) or all(isinstance(own, str) for own in given)
    return {"constraints": given if is_text else (out, q)}
