"""Levels of the coupling coordination degree: edges, names, and degrees put into levels."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coupling.errors import CouplingError, only
from coupling.panel import Array, at

ROUNDING = 1e-12  # what rounding may carry a degree beyond its ends


@dataclass(frozen=True)
class Scheme:
    """Edges between levels, written as literals, and the name of each level.

    Attributes
    ----------
    edges : tuple of L − 1 floats
        Inner edges, increasing, between 0 and 1.
    labels : tuple of L str
        Names, from level 1 up.
    closed : {"left", "right"}
        Which end of its interval belongs to a level.

    Examples
    --------
    >>> Scheme((0.5,), ("low", "high")).labels
    ('low', 'high')
    """

    edges: tuple[float, ...]
    labels: tuple[str, ...]
    closed: str = "left"


SCHEMES = {
    "ten": Scheme(
        (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9),
        ("Extreme dissonance", "Severe dissonance", "Moderate dissonance", "Mild dissonance",
         "On the verge of dissonance", "Barely coordinated", "Elementary coordination",
         "Intermediate coordination", "Good coordination", "Quality coordination"),
    ),
    "four": Scheme(
        (0.5, 0.6, 0.7),
        ("Dissonance", "Barely coordinated", "Elementary coordination", "Good coordination"),
    ),
    "five": Scheme(
        (0.25, 0.5, 0.7, 0.85),
        ("Severe dissonance", "Dissonance", "Elementary coordination", "Good coordination",
         "Quality coordination"),
    ),
    "six": Scheme(
        (0.2, 0.4, 0.5, 0.6, 0.8),
        ("Severe dissonance", "Moderate dissonance", "On the verge of dissonance",
         "Barely coordinated", "Good coordination", "Quality coordination"),
    ),
}  # fmt: skip


def resolve(scheme: Any, labels: Sequence[str] | None = None, closed: str = "left") -> Scheme:
    """Find a scheme by name, or make one of edges and labels.

    Parameters
    ----------
    scheme : str, Scheme or sequence of float
        Name or inner edges.
    labels : sequence of str, optional
        Own names.
    closed : {"left", "right"}
        Which end belongs to a level; for the default names of own edges.

    Returns
    -------
    Scheme
        Checked.

    Raises
    ------
    CouplingError
        For an unknown name, edges that do not increase between 0 and 1, or a wrong number of
        labels.

    Examples
    --------
    >>> resolve([0.5]).labels
    ('[0, 0.5)', '[0.5, 1]')
    """
    only(closed, ("left", "right"), "closed")
    if isinstance(scheme, str):
        only(scheme, tuple(SCHEMES), "scheme")
        scheme = SCHEMES[scheme]
    if isinstance(scheme, Scheme):
        edges, names = scheme.edges, scheme.labels
    else:
        edges = _edges(scheme)
        names = _intervals(edges, closed)
    names = names if labels is None else tuple(labels)
    if len(names) != len(edges) + 1 or len(set(names)) < len(names):
        raise CouplingError(
            f"{len(edges)} edges make {len(edges) + 1} levels; there are "
            f"{len(set(names))} different labels."
        )
    return Scheme(edges, names, closed)


def _edges(scheme: Any) -> tuple[float, ...]:
    try:
        edges = tuple(float(edge) for edge in scheme)
    except (TypeError, ValueError):
        raise CouplingError(
            f"scheme must be a name or a sequence of edges; it is {scheme!r}."
        ) from None
    inner = (0.0, *edges, 1.0)
    if not edges or not all(low < high for low, high in pairwise(inner)):
        raise CouplingError(
            "Edges must increase strictly between 0 and 1 (the ends are not edges); "
            f"they are {edges}."
        )
    return edges


def _intervals(edges: tuple[float, ...], closed: str) -> tuple[str, ...]:
    ends = (0.0, *edges, 1.0)
    last = len(edges)
    left, right = ("[", ")") if closed == "left" else ("(", "]")
    return tuple(
        f"{'[' if level == 0 else left}{low:g}, {high:g}{']' if level == last else right}"
        for level, (low, high) in enumerate(pairwise(ends))
    )


def level_dtype(scheme: Scheme) -> Any:
    """Smallest integer dtype that holds the levels.

    Parameters
    ----------
    scheme : Scheme
        The scheme.

    Returns
    -------
    dtype
        int8 up to 127 levels.

    Examples
    --------
    >>> level_dtype(SCHEMES["ten"])
    dtype('int8')
    """
    return np.min_scalar_type(-len(scheme.labels))


def grade(D: Array, scheme: Scheme, out: NDArray[Any]) -> None:
    """Write the level of each degree: 1 + the number of edges that it has reached; 0 for NaN.

    Examples
    --------
    >>> level = np.empty(3, dtype=np.int8)
    >>> grade(np.array([0.05, 0.1, 1.0]), SCHEMES["ten"], level)
    >>> level
    array([ 1,  2, 10], dtype=int8)
    """
    reached = np.greater_equal if scheme.closed == "left" else np.greater
    np.equal(D, D, out=out, casting="unsafe")
    for edge in scheme.edges:
        np.add(out, reached(D, edge), out=out, casting="unsafe")


def graded(D: Array, scheme: Scheme) -> NDArray[Any]:
    """Level of each degree, (n,), in the smallest integers that hold it."""
    level = np.empty(len(D), dtype=level_dtype(scheme))
    grade(D, scheme, level)
    return level


def label_of(level: NDArray[Any], scheme: Scheme) -> pd.Categorical:
    """Names of levels, as an ordered categorical.

    Parameters
    ----------
    level : ndarray of int, (n,)
        Levels from 1; 0 is missing.
    scheme : Scheme
        Names.

    Returns
    -------
    Categorical, (n,)
        All names of the scheme are its categories.

    Examples
    --------
    >>> label_of(np.array([1, 10], dtype=np.int8), SCHEMES["ten"]).tolist()
    ['Extreme dissonance', 'Quality coordination']
    """
    dtype = pd.CategoricalDtype(list(scheme.labels), ordered=True)
    return pd.Categorical.from_codes(level - np.int8(1), dtype=dtype, validate=False)


def levels_of(D: Array, scheme: Scheme, index: pd.Index) -> pd.DataFrame:
    """Level and label of each degree, over an index.

    Examples
    --------
    >>> levels_of(np.array([0.1, 1.0]), SCHEMES["ten"], pd.RangeIndex(2))["level"].tolist()
    [2, 10]
    """
    level = graded(D, scheme)
    return pd.DataFrame({"level": level, "label": label_of(level, scheme)}, index=index)


def classify(
    D: Any, scheme: Any = "ten", *, labels: Sequence[str] | None = None,
    closed: str = "left", nan: str = "raise",
) -> pd.DataFrame:  # fmt: skip
    """Put degrees into levels, counted from 1.

    With ``closed="left"`` a level holds its lower edge: in scheme ``"ten"`` .1 is level 2. The last
    level includes 1. Comparisons are literal: the float just below .9 is level 9.

    Parameters
    ----------
    D : Series, frame with a column D, or array-like, (n,)
        Degrees in [0, 1].
    scheme : {"ten", "four", "five", "six"} or sequence of edges
        ``ten`` .1 … .9 (the paper's Table 1), ``four`` .5 .6 .7, ``five`` .25 .5 .7 .85, ``six``
        .2 .4 .5 .6 .8, or own inner edges, increasing, between 0 and 1.
    labels : sequence of str, optional
        Own names, one more than edges. For own edges the default are the intervals.
    closed : {"left", "right"}
        Which end of its interval belongs to a level.
    nan : {"raise", "propagate"}
        What to do with missing degrees; propagated, their level is 0 and the label missing.

    Returns
    -------
    DataFrame, (n, 2)
        level (small integer) and label (ordered categorical), over the index of D or 0 … n − 1.

    Raises
    ------
    CouplingError
        For a degree outside [0, 1] or missing, an unknown scheme, edges that do not increase, or a
        wrong number of labels.

    Notes
    -----
    Names of ``ten`` after the paper's Table 1; those of the others are ours, as the literature does
    not agree on them.

    Examples
    --------
    >>> classify([0.1, 0.5, 1.0])
       level                 label
    0      2     Severe dissonance
    1      6    Barely coordinated
    2     10  Quality coordination
    >>> classify([0.3, 0.4], [0.4], labels=["low", "high"], closed="right")["label"].tolist()
    ['low', 'low']
    """
    only(nan, ("raise", "propagate"), "nan")
    chosen = resolve(scheme, labels, closed)
    degrees, index = _degrees(D)
    _require_in_range(degrees, index, nan)
    return levels_of(degrees, chosen, index)


def _degrees(D: Any) -> tuple[Array, pd.Index]:
    """One column of numbers, (n,), and its row labels."""
    if isinstance(D, pd.DataFrame):
        if "D" not in D.columns and D.shape[1] != 1:
            raise CouplingError("classify needs a column D, a Series or a vector of degrees.")
        D = D["D"] if "D" in D.columns else D.iloc[:, 0]
    try:
        if isinstance(D, pd.Series):
            return D.to_numpy(dtype=np.float64, na_value=np.nan), D.index
        degrees = np.atleast_1d(np.asarray(D, dtype=np.float64))
    except (TypeError, ValueError):
        raise CouplingError("D must hold numbers.") from None
    if degrees.ndim != 1:
        raise CouplingError(f"D must be one column of degrees; its shape is {degrees.shape}.")
    return degrees, pd.RangeIndex(len(degrees))


def _require_in_range(degrees: Array, index: pd.Index, nan: str) -> None:
    outside = ~((degrees >= -ROUNDING) & (degrees <= 1 + ROUNDING))
    if nan == "propagate":
        outside &= ~np.isnan(degrees)
    if outside.any():
        row = int(outside.argmax())
        raise CouplingError(
            f"D is {degrees[row]:.6g} at {at(index, row)}; a degree lies in [0, 1]"
            + (' (nan="propagate" lets missing ones pass).' if np.isnan(degrees[row]) else ".")
        )
