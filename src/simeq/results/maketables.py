"""What the package maketables asks of a result, as functions of one. It is not imported here.

A result carries them as the attributes of maketables' plug-in format, ``__maketables_…__``, so that
``maketables.ETable([result, other])`` makes a table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from simeq.errors import listing
from simeq.inference.results import CoefficientResults
from simeq.results.fit import FitResults

#: Dependents that stand above a system's column.
MOST_DEPENDENTS = 4

#: Statistics shown beneath an equation by default.
EQUATION_KEYS = ("method", "N", "r2")

_SHARED = {"N": "nobs", "n_clusters": "n_groups", "df_model": "df_model", "df_resid": "df_resid"}
_OF_SYSTEM = {**_SHARED, "ll": "llf", "aic": "aic", "bic": "bic"}
_OF_EQUATION = {**_SHARED, "r2": "rsquared", "adj_r2": "rsquared_adj", "rmse": "rmse"}
_SYSTEM_FIT = {
    "mcelroy": "McElroy R²",
    "berndt": "Berndt R²",
    "judge": "Judge R²",
    "dhrymes": "Dhrymes R²",
}
_EQUATION_FIT = {"r2": "R²", "adj_r2": "Adj. R²", "rmse": "RMSE"}


class TableColumn:
    """A result of which only the plug-in's attributes can be seen.

    maketables takes whatever has ``params``, ``bse`` and ``pvalues`` for a result of statsmodels,
    before it looks for a plug-in, and cannot read a name of two levels. Behind a TableColumn there
    is nothing else to find.
    """

    def __init__(self, result: CoefficientResults) -> None:
        self._result = result

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__maketables_"):
            return getattr(self._result, name)
        raise AttributeError(name)


def to_list(result: CoefficientResults) -> list[TableColumn]:
    """Return the result as one column for maketables, which asks for it by this name.

    Returns
    -------
    list of one object
        With the attributes of maketables' plug-in format, and no others.
    """
    return [TableColumn(result)]


def coef_table(result: CoefficientResults) -> pd.DataFrame:
    """Coefficients by flat name, ``[equation]term`` for a system.

    Returns
    -------
    DataFrame
        Columns b, se, t, p and the bounds ci95l, ci95u, ci90l, ci90u.

    Examples
    --------
    >>> from simeq import SystemEquations, datasets
    >>> result = SystemEquations(["consump ~ wages"], datasets.load_klein()).fit("ols")
    >>> result.__maketables_coef_table__[["b", "se", "t", "p"]].round(3)
                             b     se       t    p
    Coefficient
    [consump]Intercept  15.167  1.829   8.293  0.0
    [consump]wages       0.931  0.044  21.225  0.0
    """
    own = result.coefficients
    columns = {"b": own.b, "se": own.errors, "t": own.ratios, "p": own.pvalues}
    for name, alpha in {"ci95": 0.05, "ci90": 0.1}.items():
        columns[f"{name}l"], columns[f"{name}u"] = own.interval(alpha)
    return pd.DataFrame(columns, pd.Index(own.names, name="Coefficient"))


def var_labels(result: CoefficientResults) -> dict[str, str]:
    """Labels that keep the bracket which maketables cuts from ``[equation]C(x)[T.a]``."""
    names = result.coefficients.names
    heads = [name[1 : name.index("[", 1)] for name in names if name.count("[") > 1]
    return {head: f"[{head}" for head in heads}


def vcov_info(result: FitResults) -> dict[str, Any]:
    """Kind of the covariance, and its clusters where columns of the data name them."""
    groups = result.request["groups"]
    names = [groups] if isinstance(groups, str) else groups
    named = isinstance(names, list | tuple) and all(isinstance(name, str) for name in names)
    return {"vcov_type": result.cov_type, "clustervar": list(names) if named else None}


def system_stat(result: FitResults, equations: Mapping[str, CoefficientResults], key: str) -> Any:
    """Return a statistic by maketables' key; ``[equation]r2`` is that of an equation."""
    label, bracket, name = key.removeprefix("[").rpartition("]")
    if bracket:
        own = equations.get(label)
        return None if own is None else equation_stat(own, result, name)
    if key in _SYSTEM_FIT:
        return result.system_rsquared[key]
    return _stat(result, result, key, _OF_SYSTEM)


def equation_stat(result: CoefficientResults, system: FitResults, key: str) -> Any:
    """Return a statistic by maketables' key, None for one that an equation has not."""
    return _stat(result, system, key, _OF_EQUATION)


def _stat(
    result: CoefficientResults, system: FitResults, key: str, attributes: Mapping[str, str]
) -> Any:
    """Return an attribute of a result, or what it shares with its system."""
    if key == "method":
        return system.method.upper()
    if key == "se_type":
        clusters = vcov_info(system)["clustervar"]
        return f"{system.cov_type} by {', '.join(clusters)}" if clusters else system.cov_type
    return getattr(result, attributes[key]) if key in attributes else None


def system_stat_keys(result: FitResults) -> list[str]:
    """Statistics shown beneath a system: estimator, rows, R² of each equation."""
    return ["method", "N", *(f"[{label}]r2" for label in result.fit.system.labels)]


def stat_labels(labels: Sequence[str] = ()) -> dict[str, str]:
    """Names of the statistics for which maketables has none, those of equations by label too."""
    own = {f"[{e}]{key}": f"{word} {e}" for e in labels for key, word in _EQUATION_FIT.items()}
    return {"method": "Estimator", **_SYSTEM_FIT, **own}


def system_depvar(result: FitResults) -> str:
    """Dependents of the system."""
    design = result.fit.system.design
    return listing([design.names[j] for j in design.dependents], MOST_DEPENDENTS)
