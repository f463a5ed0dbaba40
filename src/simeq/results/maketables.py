"""What the package maketables asks of a result, as functions of one. It is not imported here.

A result carries them as the attributes of maketables' plug-in format, ``__maketables_…__``, so that
``maketables.ETable([result, other])`` makes a table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from simeq.errors import listing

if TYPE_CHECKING:
    from simeq.inference.coefficients import Coefficients
    from simeq.results.equation import EquationResults
    from simeq.results.system import SystemResults

#: Dependents that stand above a system's column.
MOST_DEPENDENTS = 4

_OF_SYSTEM = {
    "N": "nobs",
    "n_clusters": "n_groups",
    "ll": "llf",
    "aic": "aic",
    "bic": "bic",
    "df_model": "df_model",
    "df_resid": "df_resid",
}
_OF_EQUATION = {
    "N": "nobs",
    "n_clusters": "n_groups",
    "df_model": "df_model",
    "df_resid": "df_resid",
    "r2": "rsquared",
    "adj_r2": "rsquared_adj",
    "rmse": "rmse",
}
_SYSTEM_FIT = {
    "mcelroy": "McElroy R²",
    "berndt": "Berndt R²",
    "judge": "Judge R²",
    "dhrymes": "Dhrymes R²",
}
_EQUATION_FIT = {"r2": "R²", "adj_r2": "Adj. R²", "rmse": "RMSE"}


class Column:
    """A result of which only the plug-in's attributes can be seen.

    maketables takes whatever has ``params``, ``bse`` and ``pvalues`` for a result of statsmodels,
    before it looks for a plug-in, and cannot read a name of two levels. Behind a Column there is
    nothing else to find.
    """

    def __init__(self, result: Coefficients) -> None:
        self._result = result

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__maketables_"):
            return getattr(self._result, name)
        raise AttributeError(name)


def to_list(result: Coefficients) -> list[Column]:
    """Return the result as one column for maketables, which asks for it by this name.

    Returns
    -------
    list of one object
        With the attributes of maketables' plug-in format, and no others.
    """
    return [Column(result)]


def coef_table(result: Coefficients) -> pd.DataFrame:
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
    columns = {"b": result.params, "se": result.bse, "t": result.tvalues, "p": result.pvalues}
    for name, alpha in {"ci95": 0.05, "ci90": 0.1}.items():
        bounds = result.conf_int(alpha)
        columns |= {f"{name}l": bounds["lower"], f"{name}u": bounds["upper"]}
    return pd.DataFrame(columns).set_axis(pd.Index(result._names, name="Coefficient"))


def vcov_info(result: SystemResults) -> dict[str, Any]:
    """Kind of the covariance, and its clusters where columns of the data name them."""
    groups = result._request["groups"]
    names = [groups] if isinstance(groups, str) else groups
    named = isinstance(names, list | tuple) and all(isinstance(name, str) for name in names)
    return {"vcov_type": result.cov_type, "clustervar": list(names) if named else None}


def system_stat(result: SystemResults, key: str) -> Any:
    """Return a statistic by maketables' key; ``[equation]r2`` is that of an equation."""
    label, bracket, name = key.removeprefix("[").rpartition("]")
    if bracket:
        own = result.equations.get(label)
        return None if own is None else equation_stat(own, name)
    if key in _SYSTEM_FIT:
        return result.system_rsquared[key]
    return _stat(result, result, key, _OF_SYSTEM)


def equation_stat(result: EquationResults, key: str) -> Any:
    """Return a statistic by maketables' key, None for one that an equation has not."""
    return _stat(result, result.system, key, _OF_EQUATION)


def _stat(result: Any, system: SystemResults, key: str, attributes: Mapping[str, str]) -> Any:
    if key == "method":
        return system.method.upper()
    if key == "se_type":
        clusters = vcov_info(system)["clustervar"]
        return f"{system.cov_type} by {', '.join(clusters)}" if clusters else system.cov_type
    return getattr(result, attributes[key]) if key in attributes else None


def system_stat_keys(result: SystemResults) -> list[str]:
    """Statistics shown beneath a system: estimator, rows, R² of each equation."""
    return ["method", "N", *(f"[{label}]r2" for label in result.model.labels)]


def equation_stat_keys(result: EquationResults) -> list[str]:
    """Statistics shown beneath an equation."""
    return ["method", "N", "r2"]


def stat_labels(result: SystemResults | EquationResults) -> dict[str, str]:
    """Names of the statistics for which maketables has none."""
    labels = getattr(result.model, "labels", ())
    own = {f"[{e}]{key}": f"{word} {e}" for e in labels for key, word in _EQUATION_FIT.items()}
    return {"method": "Estimator", **_SYSTEM_FIT, **own}


def system_depvar(result: SystemResults) -> str:
    """Dependents of the system."""
    return listing(result.model.endog_names, MOST_DEPENDENTS)


def equation_depvar(result: EquationResults) -> str:
    """Dependent of the equation."""
    return result.model.endog_names


def var_labels(result: SystemResults) -> dict[str, str]:
    """Labels that keep the bracket which maketables cuts from ``[equation]C(x)[T.a]``."""
    heads = [name[1 : name.index("[", 1)] for name in result._names if name.count("[") > 1]
    return {head: f"[{head}" for head in heads}
