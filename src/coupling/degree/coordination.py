"""Coupling degree C, coordination index T, coupling coordination degree D: the doors."""

from typing import Any

import numpy as np
import pandas as pd

from coupling.degree.coupled import (
    Zeros,
    couple,
    dominant_subsystem,
    subsystem_weights,
    sweep,
    weighted_mean,
    zero_notes,
)
from coupling.degree.formulas import CouplingFormula
from coupling.errors import CouplingError, only, warn
from coupling.panel import Labelled, LabelledArray, check_keys, read


def coupling_degree(
    U: Labelled,
    *,
    method: str = "standard",
    k: float | None = None,
    zero: str = "nan",
    nan: str = "raise",
) -> Any:
    """Coupling degree C of two or more subsystems.

    - ``"standard"``: ``C = n(ΠU)^{1/n}/ΣU``, geometric over arithmetic mean; of two,
      ``2√(U₁U₂)/(U₁+U₂)``.
    - ``"wang"``: ``C = √{[1 − Σ_{i>j}|U_i−U_j|/(n(n−1)/2)]·[Π_i (U_i/max U)]^{1/(n−1)}}``.
    - ``"fan"``: ``C = 1 − 2·sd(U)``, population standard deviation.
    - ``"power"``: ``C = {4U₁U₂/(U₁+U₂)²}^k``, two subsystems; k = ½ is the standard form.

    Parameters
    ----------
    U : DataFrame, Series or array-like, (n,) or (…, n)
        Indices in [0, 1]; the last axis holds the subsystems.
    method : {"standard", "wang", "fan", "power"}
        The formula.
    k : float, optional
        Exponent of ``"power"``, by default ½.
    zero : {"nan", "zero"}
        C where all subsystems are 0 (by Fan's formula it is 1).
    nan : {"raise", "propagate"}
        What to do with missing values.

    Returns
    -------
    Series, ndarray (…) or float
        C in [0, 1], without a unit; 1 where all subsystems are equal.

    Raises
    ------
    CouplingError
        For an index outside [0, 1] or missing, fewer than two subsystems, an unknown method, or
        duplicate unit–time keys.

    Warns
    -----
    CouplingWarning
        Where a subsystem is 0, or all are.

    Notes
    -----
    Standard form: the usual one, printed with damage in the paper (section 3.1.1). Wang, Kong, Ren,
    Zhi and Dai (2021), *Journal of Natural Resources* 36; Fan (2024); Liao (1999) for the power
    form. Not offered: [ΠU/Π(U_i+U_j)]^{1/n}, which is not in [0, 1] for three and more.

    Examples
    --------
    >>> round(coupling_degree([0.2, 0.8]), 3)
    0.8
    >>> coupling_degree([[0.2, 0.8], [0.5, 0.5]], method="wang").round(4)
    array([0.3162, 1.    ])
    """
    formula = CouplingFormula(method, k, zero)
    table, zeros = _indices(U, nan), Zeros()
    coupling, C = formula.coupling(table.shape[1]), np.empty(table.shape[0])
    for rows, u in sweep(table, nan, zeros):
        C[rows] = coupling(u)
    warn(*zero_notes(table, zeros, formula))
    return table.give_one(C, "C")


def coordination_index(
    U: Labelled, weights: Any = None, *, renormalize: bool = False, nan: str = "raise"
) -> Any:
    """Coordination index T = Σ α_s U_s, Σα = 1.

    Parameters
    ----------
    U : DataFrame, Series or array-like, (n,) or (…, n)
        Indices in [0, 1]; the last axis holds the subsystems.
    weights : Series, mapping or array-like, (n,), optional
        α; by default equal, as the paper's Table 5 implies.
    renormalize : bool
        Whether weights with another sum are divided by it.
    nan : {"raise", "propagate"}
        What to do with missing values.

    Returns
    -------
    Series, ndarray (…) or float
        T in [0, 1], without a unit.

    Raises
    ------
    CouplingError
        For an index outside [0, 1] or missing, and for weights that do not match the subsystems,
        are negative or do not sum to 1.

    Warns
    -----
    CouplingWarning
        If one weight is above one half.

    Examples
    --------
    >>> round(coordination_index([0.2, 0.8]), 3)
    0.5
    >>> coordination_index([[0.2, 0.4, 1.0]], [0.5, 0.25, 0.25]).round(3)
    array([0.45])
    """
    table = _indices(U, nan)
    alpha = subsystem_weights(weights, table.names, renormalize)
    T = np.empty(table.shape[0])
    for rows, u in sweep(table, nan, []):
        T[rows] = weighted_mean(u, alpha)
    warn(*dominant_subsystem(alpha, table.names))
    return table.give_one(T, "T")


def coupling_coordination(
    U: Labelled,
    weights: Any = None,
    *,
    method: str = "standard",
    scheme: Any = "ten",
    k: float | None = None,
    zero: str = "nan",
    closed: str = "left",
    labels: Any = None,
    renormalize: bool = False,
    nan: str = "raise",
) -> pd.DataFrame:
    """Coupling degree C, coordination index T, degree D = √(C·T) and its level.

    Parameters
    ----------
    U : DataFrame, Series or array-like, (n,) or (…, n)
        Indices in [0, 1]; the last axis holds the subsystems.
    weights : Series, mapping or array-like, (n,), optional
        α of T = Σ α_s U_s; by default equal.
    method, k, zero
        The formula of C, as in `coupling_degree`.
    scheme, labels, closed
        Edges and names of the levels, as in `classify`.
    renormalize : bool
        Whether weights with another sum are divided by it.
    nan : {"raise", "propagate"}
        What to do with missing values.

    Returns
    -------
    DataFrame, (N, 5)
        C, T, D, level (int8) and label (ordered categorical) over the index of `U`, or 0 … N − 1.
        Where D is NaN, the level is 0 and the label missing.

    Raises
    ------
    CouplingError
        As `coupling_degree`, `coordination_index` and `classify`.

    Warns
    -----
    CouplingWarning
        Where a subsystem is 0, or all are; if one weight is above one half.

    Notes
    -----
    The paper, section 3.1.1 and Table 1. With equal weights and the standard form, D is the square
    root of the geometric mean of U. Rows go by blocks that fit the cache.

    Examples
    --------
    >>> coupling_coordination([[0.72401, 0.99], [0.9026, 0.4432]]).round(3)
           C      T      D  level                 label
    0  0.988  0.857  0.920     10  Quality coordination
    1  0.940  0.673  0.795      8  Intermediate coordination
    """
    formula = CouplingFormula(method, k, zero, scheme, labels, closed)
    table = _indices(U, nan)
    alpha = subsystem_weights(weights, table.names, renormalize)
    frame, notes = couple(table, alpha, formula, nan)
    warn(*notes)
    return frame


def _indices(U: Labelled, nan: str) -> LabelledArray:
    only(nan, ("raise", "propagate"), "nan")
    table = read(U, "U")
    if table.shape[1] < 2:
        raise CouplingError(f"Coupling needs two subsystems or more; there is {table.shape[1]}.")
    check_keys(table.index, balance=False)
    return table
