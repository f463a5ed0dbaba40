"""Conventions as data: the methods, and the presets that reproduce other programs' digits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np

from simeq.errors import SimeqError, listing, nearest

Divisor: TypeAlias = Literal["none", "geomean", "mean", "max", "theil"]
Weights: TypeAlias = Literal["identity", "diagonal", "full"]

DIVISORS: tuple[Divisor, ...] = ("none", "geomean", "mean", "max", "theil")
FORMS = ("gmm", "gls")


@dataclass(frozen=True)
class Method:
    """An estimator: whether it uses instruments, how it weighs equations, if it is iterated."""

    name: str
    title: str
    instruments: bool
    weights: Weights
    iterated: bool = False

    @property
    def is_gls(self) -> bool:
        """Whether the residual covariance across equations enters the estimate."""
        return self.weights == "full"


METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method("ols", "Ordinary least squares", False, "identity"),
        Method("wls", "Weighted least squares", False, "diagonal"),
        Method("sur", "Seemingly unrelated regressions", False, "full"),
        Method("isur", "Iterated seemingly unrelated regressions", False, "full", True),
        Method("2sls", "Two-stage least squares", True, "identity"),
        Method("w2sls", "Weighted two-stage least squares", True, "diagonal"),
        Method("3sls", "Three-stage least squares", True, "full"),
        Method("i3sls", "Iterated three-stage least squares", True, "full", True),
    )
}


@dataclass(frozen=True)
class Convention:
    """What programs choose differently.

    Attributes
    ----------
    divisor, divisor_single : Divisor
        Of the residual covariance, in methods that weigh equations by it and in OLS and 2SLS.
    covariance : {"sandwich", "equation", "pooled"}
        Of coefficients in methods that are not GLS: the full sandwich; each equation by its own
        variance; that, but one pooled variance under constraints.
    t_methods : tuple of str
        Methods whose statistics are referred to Student's t; the others to the normal.
    t_divisors : tuple of Divisor
        Divisors under which every method's statistics are referred to Student's t.
    t_dof : {"system", "equation"}
        Degrees of freedom of that t: nG − K + r, or n − k_i (nG − K + r under constraints).
    rsquared : {"span", "centred", "correlation"}
        1 − RSS/TSS centred when the constant is in the span of the regressors; always centred; or
        the squared correlation of y and ŷ.
    form : {"gmm", "gls"}
        Of three-stage least squares where instruments differ by equation.
    own_constraints_free_rows : bool
        Whether k_i in divisors is less the constraints that lie within equation i.
    mcelroy_divisor : bool
        Whether McElroy's R² takes Σ with its divisor rather than n.
    criterion : {"orthonormal", "relative", "norm", "rms"}
        What the iteration compares with its tolerance.
    final_sigma : bool
        Whether the covariance after an iteration takes Σ of the final residuals rather than the
        last step's.
    tol : float
    maxiter : int
    """

    divisor: Divisor = "none"
    divisor_single: Divisor = "none"
    covariance: Literal["sandwich", "equation", "pooled"] = "sandwich"
    t_methods: tuple[str, ...] = ()
    t_divisors: tuple[Divisor, ...] = ()
    t_dof: Literal["system", "equation"] = "system"
    rsquared: Literal["span", "centred", "correlation"] = "span"
    form: Literal["gmm", "gls"] = "gmm"
    own_constraints_free_rows: bool = False
    mcelroy_divisor: bool = False
    criterion: Literal["orthonormal", "relative", "norm", "rms"] = "orthonormal"
    final_sigma: bool = False
    tol: float = 1e-10
    maxiter: int = 1000

    def sigma_dof(self, method: Method) -> Divisor:
        """Divisor of the residual covariance in a method."""
        return self.divisor_single if method.weights == "identity" else self.divisor

    def uses_t(self, method: Method) -> bool:
        """Whether a method's statistics are referred to Student's t."""
        return method.name in self.t_methods or self.sigma_dof(method) in self.t_divisors


PRESETS: dict[str, Convention] = {
    "simeq": Convention(),
    "stata": Convention(
        divisor_single="geomean",
        covariance="equation",
        t_methods=("ols", "2sls"),
        criterion="relative",
        tol=1e-6,
    ),
    "systemfit": Convention(
        divisor="geomean",
        divisor_single="geomean",
        covariance="pooled",
        t_methods=tuple(METHODS),
        t_dof="equation",
        rsquared="centred",
        form="gls",
        own_constraints_free_rows=True,
        mcelroy_divisor=True,
        criterion="norm",
        tol=1e-5,
    ),
    "linearmodels": Convention(
        t_divisors=("geomean",), form="gls", criterion="rms", final_sigma=True, tol=1e-6
    ),
    "gretl": Convention(
        divisor_single="geomean",
        covariance="equation",
        t_methods=("ols", "2sls", "sur", "isur"),
        t_dof="equation",
        rsquared="correlation",
        form="gls",
        criterion="norm",
        tol=1e-9,
    ),
}


def choose(value: str, known: Iterable[str], what: str) -> str:
    """Return `value` in lower case if it is known.

    Raises
    ------
    SimeqError
        With the nearest known name.
    """
    known = list(known)
    if isinstance(value, str) and value.lower() in known:
        return value.lower()
    hint = nearest(str(value).lower(), known)
    raise SimeqError(f"Unknown {what} {value!r}; choose from {', '.join(known)}.{hint}")


def agree(
    method: Method,
    like: str | None,
    sigma_dof: str | None,
    form: str | None,
    maxiter: int | None,
    tol: float | None,
) -> Convention:
    """Return the preset's choices, with what the caller gave in their place.

    Raises
    ------
    SimeqError
        If a choice is unknown or does not belong to the method.
    """
    convention = PRESETS[choose("simeq" if like is None else like, PRESETS, "like")]
    given: dict[str, Any] = {}
    if sigma_dof is not None:
        kind = choose(sigma_dof, DIVISORS, "sigma_dof")
        given.update(divisor=kind, divisor_single=kind)
    if form is not None:
        given.update(form=choose(form, FORMS, "form"))
    if (maxiter is not None or tol is not None) and not method.iterated:
        iterated = listing(name for name, other in METHODS.items() if other.iterated)
        raise SimeqError(f"maxiter and tol belong to the iterated methods: {iterated}.")
    if maxiter is not None:
        if not isinstance(maxiter, int | np.integer) or maxiter < 1:
            raise SimeqError(f"maxiter must be a positive whole number, not {maxiter!r}.")
        given.update(maxiter=int(maxiter))
    if tol is not None:
        if not isinstance(tol, int | float) or not 0.0 < tol < 1.0:
            raise SimeqError(f"tol must be between 0 and 1, not {tol!r}.")
        given.update(tol=float(tol))
    return replace(convention, **given)
