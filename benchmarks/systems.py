"""The systems that are timed, and each library's best way to estimate them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

#: Coefficients and their standard errors.
Fit: TypeAlias = tuple[pd.Series, pd.Series]

#: The paper's two equations (its Table 7): 11 coefficients, 8 instruments.
EQUATIONS = {
    "quality": "productivity ~ np.log(education) + np.log(research) + np.log(patent) + manufacture",
    "transform": "manufacture ~ np.log(creativity) + np.log(information) + green + efficiency"
    " + productivity",
}

_FIRST = "np.log(education) + np.log(research) + np.log(patent)"
_SECOND = "np.log(creativity) + np.log(information) + green + efficiency"

#: The same in linearmodels' language, with endogenous regressors and excluded instruments.
IV_FORMULAS = {
    "quality": f"productivity ~ 1 + {_FIRST} + [manufacture ~ {_SECOND}]",
    "transform": f"manufacture ~ 1 + {_SECOND} + [productivity ~ {_FIRST}]",
}
OLS_FORMULAS = {
    "quality": f"productivity ~ 1 + {_FIRST} + manufacture",
    "transform": f"manufacture ~ 1 + {_SECOND} + productivity",
}

METHODS = ("ols", "2sls", "3sls", "i3sls")

#: Iterated forms stop by the same rule at the same step in both libraries.
TOL = 1e-10


def simulate(n: int, seed: int = 0) -> pd.DataFrame:
    """Draw the paper's system with the 3SLS coefficients of its Table 7 and correlated errors."""
    rng = np.random.default_rng(seed)
    names = ["education", "research", "patent", "creativity", "information"]
    logs = rng.normal(size=(n, 5))
    green, efficiency = rng.normal(0.3, 0.2, n), rng.normal(0.0, 0.02, n)
    u = 0.05 * rng.normal(size=(n, 2)) @ np.array([[1.0, -0.5], [0.0, 0.8]])
    first = -0.342 + logs[:, :3] @ [-0.035, 0.037, 0.016] + u[:, 0]
    second = -0.056 + logs[:, 3:] @ [0.006, 0.006] + 0.18 * green - 2.105 * efficiency + u[:, 1]
    gamma = np.array([[1.0, -0.717], [-0.455, 1.0]])
    productivity, manufacture = np.linalg.solve(gamma, np.stack([first, second]))
    columns = dict(zip(names, np.exp(logs).T, strict=True))
    columns |= {"green": green, "efficiency": efficiency}
    return pd.DataFrame(columns | {"productivity": productivity, "manufacture": manufacture})


def paper_simeq(data: pd.DataFrame) -> Any:
    """Build simeq's model of the paper's system from formulas."""
    from simeq import SystemEquations

    return SystemEquations(EQUATIONS, data)


def paper_linearmodels(data: pd.DataFrame) -> dict[bool, Any]:
    """Build linearmodels' models from formulas: with instruments (True), and without for OLS."""
    from linearmodels.system import IV3SLS, SUR

    return {
        True: IV3SLS.from_formula(IV_FORMULAS, data),
        False: SUR.from_formula(OLS_FORMULAS, data),
    }


def fit_simeq(model: Any, method: str) -> Fit:
    """Coefficients and standard errors from simeq."""
    options = {"like": "linearmodels", "tol": TOL} if method == "i3sls" else {}
    result = model.fit(method, **options)
    return result.params, result.bse


def fit_linearmodels(models: Mapping[bool, Any], method: str) -> Fit:
    """Coefficients and standard errors from linearmodels."""
    options: dict[str, Any] = {"method": "ols" if method in ("ols", "2sls") else "gls"}
    if method == "i3sls":
        options |= {"iterate": True, "tol": TOL}
    result = models[method != "ols"].fit(cov_type="unadjusted", **options)
    return result.params, result.std_errors


def four_simeq(data: pd.DataFrame) -> list[Fit]:
    """From formula strings to four fits and their standard errors."""
    model = paper_simeq(data)
    return [fit_simeq(model, method) for method in METHODS]


def four_linearmodels(data: pd.DataFrame) -> list[Fit]:
    """Fit the same four by linearmodels, which parses with instruments and again without."""
    models = paper_linearmodels(data)
    return [fit_linearmodels(models, method) for method in METHODS]


JOBS: dict[str, Callable[[pd.DataFrame], Any]] = {
    "simeq": four_simeq,
    "linearmodels": four_linearmodels,
}


def side_by_side(ours: Fit, theirs: Fit) -> tuple[np.ndarray, np.ndarray]:
    """Stack coefficients and standard errors of both, matched by name."""
    names = [f"{label}_{term}" for label, term in ours[0].index]
    return np.concatenate(ours), np.concatenate([series[names] for series in theirs])


def load(path: str) -> pd.DataFrame:
    """Read the paper's system from a saved column-major matrix, without any copy."""
    return pd.DataFrame(np.load(path), columns=list(simulate(1)), copy=False)


def simulate_large(
    g: int, k: int, n_instruments: int, n: int
) -> tuple[pd.DataFrame, dict[str, str], str]:
    """Draw g equations with k regressors each: a constant, two dependents, k − 3 exogenous.

    Returns
    -------
    DataFrame, formulas by label, formula of the common instruments (the constant among them)
    """
    rng = np.random.default_rng(1)
    x = rng.normal(size=(n, n_instruments - 1))
    gamma, effects, formulas = np.eye(g), np.zeros((n_instruments - 1, g)), {}
    for i in range(g):
        others = [(i + 1) % g, (i + 2) % g]
        own = np.sort(rng.choice(n_instruments - 1, k - 3, replace=False))
        gamma[others, i] = -0.2
        effects[own, i] = rng.uniform(0.5, 1.0, k - 3)
        right = [*(f"x{j}" for j in own), *(f"y{j}" for j in others)]
        formulas[f"e{i}"] = f"y{i} ~ " + " + ".join(right)
    u = rng.normal(size=(n, g)) @ np.linalg.cholesky(0.5 * np.eye(g) + 0.5)
    y = (1.0 + x @ effects + u) @ np.linalg.inv(gamma)
    names = [*(f"x{j}" for j in range(x.shape[1])), *(f"y{i}" for i in range(g))]
    instruments = "~ " + " + ".join(names[: x.shape[1]])
    return pd.DataFrame(np.hstack([x, y]), columns=names), formulas, instruments


def large_linearmodels(data: pd.DataFrame, formulas: Mapping[str, str]) -> dict[bool, Any]:
    """Build linearmodels' model of such a system from arrays, which spares it the formulas."""
    from linearmodels.system import IV3SLS

    data = data.assign(Intercept=1.0)
    equations = {}
    for label, formula in formulas.items():
        left, right = formula.split(" ~ ")
        terms = right.split(" + ")
        exog = ["Intercept", *(t for t in terms if t.startswith("x"))]
        excluded = [c for c in data if c.startswith("x") and c not in terms]
        equations[label] = {
            "dependent": data[left],
            "exog": data[exog],
            "endog": data[[t for t in terms if t.startswith("y")]],
            "instruments": data[excluded],
        }
    return {True: IV3SLS(equations)}
