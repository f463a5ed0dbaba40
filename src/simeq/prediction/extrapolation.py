"""New rows that the sample does not determine, since a column that it left out matters there.

A column that is collinear in the sample has no coefficient of its own. Where new rows keep the
collinearity, predictions stand without it; where they break it, nothing is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from simeq.estimation.system import System
from simeq.linalg.bases import BoolArray, FloatArray, basis

#: A collinearity holds in a row when it is off by less than this share of its parts: rounding.
COLLINEAR_TOL = 1e-8


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
    loadings : (r,) array
        c.
    """

    aside: int
    partners: tuple[int, ...]
    loadings: FloatArray

    @property
    def columns(self) -> tuple[int, ...]:
        """Columns of W that it ties together."""
        return (self.aside, *self.partners)

    def fails(self, values: FloatArray, places: Sequence[int]) -> BoolArray:
        """Rows (n,) in which it does not hold.

        Parameters
        ----------
        values : (n, k) array
        places : k columns of W that the values are of
        """
        aside, *partners = (places.index(j) for j in self.columns)
        own, x = values[:, aside], values[:, partners]
        size = np.abs(own) + np.abs(x) @ np.abs(self.loadings)
        return np.asarray(np.abs(own - x @ self.loadings) > COLLINEAR_TOL * size)


def undetermined(
    values: FloatArray, places: Sequence[int], known: Sequence[Collinearity]
) -> BoolArray:
    """Rows (n,) in which one of the sample's collinearities does not hold."""
    rows = np.zeros(len(values), dtype=bool)
    for own in known:
        rows |= own.fails(values, places)
    return rows


def readable_collinearities(
    system: System, label: str, data: pd.DataFrame | Mapping[str, Any] | None
) -> list[Collinearity]:
    """Return the collinearities of an equation that can be checked in new rows.

    One whose column that was set aside cannot be computed there is not checked: data need not hold
    what no coefficient asks for. In the sample (None) all hold.
    """
    if data is None:
        return []
    there, reads = set(data), system.design.read_by
    return [own for own in _collinearities(system, label) if reads(own.aside) <= there]


def _collinearities(system: System, label: str) -> list[Collinearity]:
    """Collinearities of an equation in the sample, and categories that do not occur in it."""
    i, r = system.labels.index(label), system.factor.r
    regressors = system.design.regressors[i]
    absent = system.design.absent[i] if system.design.absent else ()
    found = [Collinearity(place, (), np.empty(0)) for place in absent]
    for aside, partners in system.bases[i].set_aside:
        place, others = regressors[aside], tuple(regressors[j] for j in partners)
        span = basis(r[:, others])
        loadings = np.linalg.solve(span.t, span.q.T @ r[:, place])
        found.append(Collinearity(place, others, np.asarray(loadings, dtype=np.float64)))
    return found
