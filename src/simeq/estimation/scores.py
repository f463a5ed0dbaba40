"""Scores of an estimate on the rows of W."""

from __future__ import annotations

from scipy.linalg import block_diag

from simeq.estimation.columns import placed
from simeq.estimators.estimator import ScoreParts
from simeq.estimators.restriction import FreeParameters
from simeq.linalg.bases import FloatArray
from simeq.moments.scores import Scores


def row_scores(parts: ScoreParts, free: FreeParameters, structural: FloatArray) -> Scores:
    """Return scores as a function of the rows of W.

    Parameters
    ----------
    parts : ScoreParts
        Of one sample.
    free : FreeParameters
    structural : (m, G) array
        B: each equation on the columns of W.
    """
    own = free.equations
    if parts.beside == "instruments":
        loadings, equation = own.z_loadings, own.z_equation
    else:
        loadings, equation = own.loadings, own.equation
    g = placed(loadings, own.places, equation, len(structural))
    units = block_diag(*own.t)
    return Scores(g, structural, parts.mix, parts.transform, free.m, units)
