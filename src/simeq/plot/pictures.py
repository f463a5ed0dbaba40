"""Pictures of results. They need matplotlib, which is imported when one is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from simeq.errors import SimeqError, listing, nearest
from simeq.estimation.goodness_of_fit import residual_correlation
from simeq.inference.intervals import normal_interval
from simeq.plot.heatmap import draw_correlation
from simeq.plot.intervals import Panel, draw
from simeq.results.comparison import Comparison, compare
from simeq.results.system import SystemResults

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def plot_coefficients(
    results: SystemResults | Comparison | Mapping[str, SystemResults],
    *,
    terms: str | Sequence[str] | None = None,
    equations: str | Sequence[str] | None = None,
    alpha: float = 0.05,
    kind: str = "normal",
    drop_intercept: bool = True,
    columns: int | None = None,
    figsize: tuple[float, float] | None = None,
) -> Figure:
    """Coefficients with their confidence intervals: a panel for each equation.

    An equation's coefficients share an axis; where their units differ widely, choose `terms`.

    Parameters
    ----------
    results : SystemResults, Comparison or mapping
        One result, or several by the name of their estimator.
    terms : str or sequence of str, optional
        Which coefficients, from the top; all by default.
    equations : str or sequence of str, optional
        Which equations, in which order; all by default.
    alpha : float
        One minus the coverage.
    kind : str
        Of the intervals, as `SystemResults.conf_int` knows them.
    drop_intercept : bool
        Whether intercepts are left out when `terms` is not given.
    columns : int, optional
        Panels side by side.
    figsize : (float, float), optional
        Width and height in inches; by default as much as names and numbers need.

    Returns
    -------
    Figure
        A colour and a marker for each estimator, the legend above.

    Raises
    ------
    SimeqError
        If a term or an equation is not there, or nothing is left to draw.
    ImportError
        Without matplotlib.

    Examples
    --------
    >>> from simeq import SystemEquations, datasets
    >>> model = SystemEquations(
    ...     ["consump ~ corpProf + wages"], datasets.load_klein(),
    ...     instruments="~ govExp + taxes + govWage + capitalLag")
    >>> figure = plot_coefficients({"OLS": model.fit("ols"), "2SLS": model.fit("2sls")})
    >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
    ['corpProf', 'wages']
    """
    named = _named(results)
    labels = dict.fromkeys(label for _, result in named for label in result.equations)
    points = {e: [_estimates(r, e, alpha, kind) for _, r in named] for e in labels}
    there = {e: list(dict.fromkeys(t for p in own for t in p.index)) for e, own in points.items()}
    chosen = _chosen(equations, there, "equation")
    wanted = _chosen(terms, dict.fromkeys(t for e in chosen for t in there[e]), "term")
    if terms is None and drop_intercept:
        wanted = [term for term in wanted if term != "Intercept"]
    panels = [
        Panel(equation, [term for term in wanted if term in there[equation]], points[equation])
        for equation in chosen
    ]
    names = [name for name, _ in named]
    return draw(panels, names, f"Coefficient, {_coverage(alpha)}", columns, figsize)


def plot_effects(
    structural: Any,
    total: pd.DataFrame | None = None,
    errors: pd.DataFrame | None = None,
    *,
    alpha: float = 0.05,
    drop_intercept: bool = True,
    columns: int | None = None,
    figsize: tuple[float, float] | None = None,
) -> Figure:
    """Structural against total effects: a panel for each endogenous variable.

    A structural effect is what an equation gives an exogenous variable; the total effect adds what
    comes back through the other endogenous variables.

    Parameters
    ----------
    structural : DataFrame or reduced form
        Structural effects (endogenous × exogenous), missing where there is none; or one object that
        has the three frames as its attributes ``structural``, ``params`` and ``bse``.
    total : DataFrame, optional
        Total effects, over the same labels or more.
    errors : DataFrame, optional
        Standard errors of the total effects.
    alpha : float
        One minus the coverage of the total effects' intervals: the reduced form's own, by its
        method ``conf_int``, or by errors and the normal distribution.
    drop_intercept : bool
        Whether the column Intercept is left out.
    columns : int, optional
        Panels side by side.
    figsize : (float, float), optional
        Width and height in inches; by default as much as names and numbers need.

    Returns
    -------
    Figure
        Circles for structural effects, squares for total ones.

    Raises
    ------
    SimeqError
        If a frame is none, or the two have no label in common.
    ImportError
        Without matplotlib.

    Examples
    --------
    >>> import pandas as pd
    >>> structural = pd.DataFrame({"income": [0.5], "wage": [0.0]}, index=["price"])
    >>> total = pd.DataFrame({"income": [0.4], "wage": [-0.2]}, index=["price"])
    >>> figure = plot_effects(structural, total)
    >>> [text.get_text() for text in figure.legends[0].get_texts()]
    ['Structural', 'Total']
    """
    effects = _effects(structural, total, errors, alpha)
    panels = []
    for endogenous in effects.total.index:
        points = [_points(effects.structural.loc[endogenous], np.nan, np.nan)]
        points.append(_points(*(frame.loc[endogenous] for frame in effects.of_total)))
        drawn = [str(name) for name in effects.total if any(name in p.index for p in points)]
        rows = [name for name in drawn if not (drop_intercept and name == "Intercept")]
        panels.append(Panel(endogenous, rows, points))
    covered = effects.lower.notna().any(axis=None)
    xlabel = f"Effect, {_coverage(alpha)} of the total" if covered else "Effect"
    return draw(panels, ["Structural", "Total"], xlabel, columns, figsize)


def plot_residual_correlation(result: SystemResults, ax: Axes | None = None) -> Axes:
    """Correlation of the equations' residuals: a heat map with the numbers written in.

    Parameters
    ----------
    result : SystemResults
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Axes
        The lower triangle, equations by number in its columns; a cell is empty where an equation
        fits exactly.

    Raises
    ------
    SimeqError
        If `result` is something else.
    ImportError
        Without matplotlib.

    Examples
    --------
    >>> from simeq import SystemEquations, datasets
    >>> model = SystemEquations(["consump ~ wages", "invest ~ gnp"], datasets.load_klein())
    >>> ax = plot_residual_correlation(model.fit("sur"))
    >>> [text.get_text() for text in ax.texts]
    ['1.00', '0.26', '1.00']
    """
    if not isinstance(result, SystemResults):
        raise SimeqError(f"Give a result of SystemEquations.fit, not {type(result).__name__}.")
    correlation = residual_correlation(result.fit)
    return draw_correlation(correlation, result.fit.system.labels, "Residual correlation", ax)


@dataclass(frozen=True)
class _Effects:
    """Four frames (endogenous × exogenous) over the same labels, as text."""

    structural: pd.DataFrame
    total: pd.DataFrame
    lower: pd.DataFrame
    upper: pd.DataFrame

    @property
    def of_total(self) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        """Total effects and their bounds."""
        return self.total, self.lower, self.upper


def _effects(structural: Any, total: Any, errors: Any, alpha: float) -> _Effects:
    """Take frames, or a reduced form that has them, and give them the same labels."""
    form = None if isinstance(structural, pd.DataFrame) else structural
    if form is not None and total is None:
        names = ("structural", "params", "bse")
        structural, total, errors = (getattr(form, name, None) for name in names)
    given = {"structural effects": structural, "total effects": total}
    for what, frame in (given if errors is None else {**given, "standard errors": errors}).items():
        if not isinstance(frame, pd.DataFrame):
            raise SimeqError(
                f"The {what} must be a DataFrame, endogenous × exogenous, not "
                f"{type(frame).__name__}. Give structural and total effects, or a reduced form."
            )
    own_intervals = getattr(form, "conf_int", None)
    if own_intervals is not None:
        bounds = own_intervals(alpha)
        lower, upper = bounds["lower"].unstack(), bounds["upper"].unstack()
    else:
        spread = np.nan * total if errors is None else errors
        lower, upper = normal_interval(total, spread, alpha, None)
    return _Effects(*_aligned(structural, total, lower, upper))


def _aligned(*given: pd.DataFrame) -> list[pd.DataFrame]:
    """Give frames the labels of the second, then those of the first alone."""
    frames = [frame.rename(index=str, columns=str) for frame in given]
    first, second = frames[:2]
    if not set(first.index) & set(second.index) or not set(first) & set(second):
        raise SimeqError(
            f"The structural effects of {listing(first)} on {listing(first.index)} and the total "
            f"effects of {listing(second)} on {listing(second.index)} share no label. Both have a "
            f"row for each endogenous variable and a column for each exogenous one."
        )
    rows = list(dict.fromkeys([*second.index, *first.index]))
    columns = list(dict.fromkeys([*second, *first]))
    return [frame.reindex(index=rows, columns=columns) for frame in frames]


def _named(results: Any) -> list[tuple[str, SystemResults]]:
    """Results with what stands in the legend."""
    if isinstance(results, SystemResults):
        return [(results.method.upper(), results)]
    table = results if isinstance(results, Comparison) else compare(results)
    return list(zip(table.names, table.results.values(), strict=True))


def _estimates(result: SystemResults, equation: str, alpha: float, kind: str) -> pd.DataFrame:
    """Coefficients of an equation with their intervals; none if the result has no such equation."""
    if equation not in result.equations:
        return pd.DataFrame(columns=["value", "lower", "upper"], dtype=np.float64)
    own = result.equations[equation]
    return pd.concat([own.params.rename("value"), own.conf_int(alpha, kind)], axis=1)


def _points(value: Any, lower: Any, upper: Any) -> pd.DataFrame:
    """Values with their bounds, those that are missing left out."""
    found = pd.DataFrame({"value": value, "lower": lower, "upper": upper})
    return found.dropna(subset="value")


def _chosen(names: str | Sequence[str] | None, known: Iterable[str], what: str) -> list[str]:
    """Return what is asked for, or all that is known."""
    there = list(known)
    if names is None:
        return there
    wanted = [names] if isinstance(names, str) else list(dict.fromkeys(names))
    for name in wanted:
        if name not in there:
            hint = nearest(str(name), there)
            raise SimeqError(f"There is no {what} {name!r}; there are {listing(there)}.{hint}")
    return wanted


def _coverage(alpha: float) -> str:
    """Name the intervals by their coverage."""
    return f"{100 * (1 - alpha):g}% confidence interval"
