"""Conventions as data: the presets that reproduce other programs' digits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Divisor: TypeAlias = Literal["none", "geomean", "mean", "max", "theil"]
CovarianceForm: TypeAlias = Literal["sandwich", "equation", "pooled"]
Criterion: TypeAlias = Literal["orthonormal", "relative", "norm", "rms"]

DIVISORS: tuple[Divisor, ...] = ("none", "geomean", "mean", "max", "theil")
FORMS = ("gmm", "gls")

#: Methods whose estimate no residual covariance enters.
SINGLE = ("ols", "2sls")


@dataclass(frozen=True)
class Convention:
    """What programs choose differently.

    Attributes
    ----------
    divisor, divisor_single : Divisor
        Of the residual covariance, in methods that weigh equations by it and in those of `SINGLE`.
    covariance : {"sandwich", "equation", "pooled"}
        Of coefficients in methods that are not GLS: the full sandwich; each equation by its own
        variance; that, but one pooled variance under constraints.
    t_methods : tuple of str, or None
        Methods whose statistics are referred to Student's t, None for all; the others to the
        normal.
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
    covariance: CovarianceForm = "sandwich"
    t_methods: tuple[str, ...] | None = ()
    t_divisors: tuple[Divisor, ...] = ()
    t_dof: Literal["system", "equation"] = "system"
    rsquared: Literal["span", "centred", "correlation"] = "span"
    form: Literal["gmm", "gls"] = "gmm"
    own_constraints_free_rows: bool = False
    mcelroy_divisor: bool = False
    criterion: Criterion = "orthonormal"
    final_sigma: bool = False
    tol: float = 1e-10
    maxiter: int = 1000


PRESETS: Mapping[str, Convention] = {
    "simeq": Convention(),
    "stata": Convention(
        divisor_single="geomean",
        covariance="equation",
        t_methods=SINGLE,
        criterion="relative",
        tol=1e-6,
    ),
    "systemfit": Convention(
        divisor="geomean",
        divisor_single="geomean",
        covariance="pooled",
        t_methods=None,
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
