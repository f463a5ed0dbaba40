"""Degrees of averages: D of the mean indices of each group."""

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from coupling.degree import CouplingFormula, couple, subsystem_weights
from coupling.errors import CouplingError, warn
from coupling.panel import (
    Array,
    By,
    Groups,
    Labelled,
    LabelledArray,
    check_keys,
    combine,
    keys_of,
    require_finite,
    split,
)
from coupling.scaling import Straight, ends_of, scale


def coupling_of_means(
    U: Labelled,
    by: By,
    *,
    rescale: tuple[float, float] | None = None,
    within: Hashable = None,
    weights: Any = None,
    method: str = "standard",
    scheme: Any = "ten",
    k: float | None = None,
    zero: str = "nan",
    closed: str = "left",
    labels: Any = None,
    renormalize: bool = False,
) -> pd.DataFrame:
    """Degree of the mean indices of each group: D of the mean, not the mean of D.

    The indices are averaged within groups; with `rescale` each subsystem's averages are then
    stretched to that range over the groups; then C, T, D and level.

    Parameters
    ----------
    U : DataFrame or array-like, (n, S)
        Indices. With `rescale` they may have any range.
    by : label, (n,) labels, or a list of them
        A column (which is then no subsystem), an index level, or labels row by row.
    rescale : (float, float), optional
        Range of the averages, as (0.01, 0.99). The levels then say where a year stands among these
        years, and cannot be compared with another table's.
    within : label, optional
        One key of `by`: rescale inside each of its groups, as the paper's Table 6 does by region.
    weights, method, scheme, k, zero, closed, labels, renormalize
        As in `coupling_coordination`.

    Returns
    -------
    DataFrame, (G, 5)
        C, T, D, level and label, one row for each group in sorted order.

    Raises
    ------
    CouplingError
        As `coupling_coordination`; if the averages of a subsystem are all one and cannot be
        rescaled.

    Warns
    -----
    CouplingWarning
        For an unbalanced panel; with `within`, that groups cannot be compared.

    Notes
    -----
    The paper's Table 5 is this with ``rescale=(0.01, 0.99)`` over twelve years, though its text
    says that degrees were averaged. Its Table 6 rescales inside each region: hence the .100 of a
    region and year in which both indices are least, (.01·.01)^¼, and .315, (.01·.99)^¼.

    Examples
    --------
    >>> U = [[0.2, 0.2], [0.4, 0.2], [0.5, 0.5]]
    >>> coupling_of_means(U, [2011, 2011, 2012], rescale=(0.01, 0.99))[["C", "T", "D"]].round(3)
            C     T      D
    2011  1.0  0.01  0.100
    2012  1.0  0.99  0.995
    """
    table, groups = split(U, by, "U")
    keys = check_keys(table.index)
    formula = CouplingFormula(method, k, zero, scheme, labels, closed)
    means = mean_indices(require_finite(table, "U"), table.names, groups)
    alpha = subsystem_weights(weights, table.names, renormalize)
    frame, notes = couple_means(means, alpha, formula, rescale, within)
    warn(*keys, *notes)
    return frame


def mean_indices(U: Array, names: Sequence[Hashable], groups: Groups) -> LabelledArray:
    """Mean of each index, (G, S), over the groups."""
    return LabelledArray(groups.means(U), tuple(names), groups.labels, None)


def couple_means(
    means: LabelledArray, alpha: Array | None, formula: CouplingFormula, rescale: Any, within: Any
) -> tuple[pd.DataFrame, list[str]]:
    """C, T, D and level of mean indices, rescaled as asked, and what to warn of."""
    notes: list[str] = []
    if rescale is not None:
        frame = means.give(means.values)
        groups = None if within is None else combine(keys_of(frame, means.index, within))
        scaled = scale(means, [Straight(1)] * len(means.names), ends_of(rescale), groups=groups)
        notes = [*check_keys(means.index), *scaled.notes]
        means = replace(means, source=scaled.z)
    elif within is not None:
        raise CouplingError("within= says where to rescale; it needs rescale=.")
    frame, found = couple(means, alpha, formula, "raise")
    return frame, notes + found
