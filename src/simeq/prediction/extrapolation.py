"""Rows of which a deficient sample says nothing: there a column that was set aside would matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from simeq.estimation.system import System
from simeq.linalg.bases import BoolArray, FloatArray, basis

#: A tie holds when it is off by less than this share of its parts: rounding.
TIE_TOL = 1e-8


@dataclass(frozen=True, eq=False)
class Collinearity:
    """A column that an equation set aside, in the sample a combination x_d = X c of regressors.

    A category that does not occur is zero there, a combination of none.

    Attributes
    ----------
    aside : int
        The column of W that was set aside, d.
    partners : (r,) tuple of int
        Columns X of W.
    weights : (r,) array
        c.
    """

    aside: int
    partners: tuple[int, ...]
    weights: FloatArray

    @property
    def columns(self) -> tuple[int, ...]:
        """Columns of W that it ties together."""
        return (self.aside, *self.partners)

    def broken(self, values: FloatArray, places: Sequence[int]) -> BoolArray:
        """Rows (n,) in which it does not hold, so that the sample does not determine them.

        Parameters
        ----------
        values : (n, k) array
        places : k columns of W that the values are of
        """
        aside, *partners = (places.index(j) for j in self.columns)
        own, x = values[:, aside], values[:, partners]
        size = np.abs(own) + np.abs(x) @ np.abs(self.weights)
        return np.asarray(np.abs(own - x @ self.weights) > TIE_TOL * size)


def undetermined(
    values: FloatArray, places: Sequence[int], ties: Sequence[Collinearity]
) -> BoolArray:
    """Rows (n,) in which one of the ties is broken."""
    rows = np.zeros(len(values), dtype=bool)
    for tie in ties:
        rows |= tie.broken(values, places)
    return rows


def readable_ties(
    system: System, label: str, data: pd.DataFrame | Mapping[str, Any] | None
) -> list[Collinearity]:
    """Return the ties of an equation that can be looked at in new rows; in the sample all hold.

    Parameters
    ----------
    system : System
    label : str
        Name of the equation.
    data : DataFrame or mapping, or None for the sample
    """
    if data is None:
        return []
    there = set(data)
    return [tie for tie in _ties(system, label) if system.design.read_by(tie.aside) <= there]


def _ties(system: System, label: str) -> list[Collinearity]:
    i, r = system.labels.index(label), system.factor.r
    regressors = system.design.regressors[i]
    absent = system.design.absent[i] if system.design.absent else ()
    found = [Collinearity(place, (), np.empty(0)) for place in absent]
    for aside, partners in system.bases[i].set_aside:
        place, others = regressors[aside], tuple(regressors[j] for j in partners)
        span = basis(r[:, others])
        weights = np.linalg.solve(span.t, span.q.T @ r[:, place])
        found.append(Collinearity(place, others, np.asarray(weights, dtype=np.float64)))
    return found
