"""Strength of instruments: how far they move endogenous regressors, and apart from each other."""

from __future__ import annotations

import numpy as np

from simeq.diagnostics.hypothesis_test import HypothesisTest, chi2_test, f_test
from simeq.diagnostics.instrumented_equation import InstrumentedEquation
from simeq.diagnostics.robust_moments import RobustRows, quadratic
from simeq.errors import choose, listing
from simeq.estimation.columns import Columns
from simeq.linalg.bases import FloatArray, regress
from simeq.moments.meat import Meat


def first_stage_f(
    own: InstrumentedEquation, j: int, rows: RobustRows | None = None
) -> HypothesisTest:
    """F of the excluded instruments in the first stage of endogenous regressor j.

    Classical F(L₂, n − L), or robust: the Wald statistic by L₂, with the small-sample factor of
    the covariance.
    """
    name, null = own.names[j], f"the excluded instruments do not move {own.names[j]}"
    p, v = own.first_stage[:, j], own.disturbances.take([j])
    if rows is not None:
        title = f"First-stage F robust: {name}"
        meat = rows.meat(own.excluded, v)
        k = own.n_instruments
        return rows.wald(title, own.label, p, meat, k, f"{null} (robust)", use_f=True)
    explained, left = float(p @ p) / p.size, float((v.values**2).sum()) / own.free_rows
    title = f"First-stage F: {name}"
    return f_test(title, own.label, explained / left, p.size, own.free_rows, null)


def sanderson_windmeijer(own: InstrumentedEquation, j: int) -> HypothesisTest:
    """Conditional F of endogenous regressor j: of what the other ones' fitted values leave.

    With u the residuals of 2SLS of Y_j on the other endogenous regressors,
    (u'P_Z u/(L₂ − E + 1)) / (u'M_Z u/(n − L)); Sanderson and Windmeijer (2016), "A weak instrument
    F-test in linear IV models with multiple endogenous variables". For one endogenous regressor
    it is the first-stage F.
    """
    others = own.endogenous.take([i for i in range(len(own.names)) if i != j])
    y = own.endogenous.take([j])
    u = y - others @ regress(y.on(own.excluded), others.on(own.excluded))
    df = own.surplus + 1
    explained = float((u.on(own.excluded) ** 2).sum()) / df
    left = float((u.apart_from(own.excluded).values ** 2).sum()) / own.free_rows
    beside = f" apart from {listing(n for n in own.names if n != own.names[j])}"
    return f_test(
        f"Sanderson-Windmeijer F: {own.names[j]}",
        own.label,
        explained / left,
        df,
        own.free_rows,
        f"the excluded instruments do not move {own.names[j]}{beside if others.number else ''}",
    )


def canonical_correlations(own: InstrumentedEquation) -> FloatArray:
    """Correlations (E,) of endogenous regressors and excluded instruments, largest first."""
    y = own.endogenous.orthonormal(own.lengths)
    found = np.linalg.svd(y.on(own.excluded), compute_uv=False)
    return np.asarray(np.pad(found, (0, len(own.names) - found.size)))


def cragg_donald(own: InstrumentedEquation) -> HypothesisTest:
    """(n − L) ρ²/(1 − ρ²), χ²(L₂ − E + 1), ρ the smallest canonical correlation.

    Cragg and Donald (1993); by L₂ it is the F that Stock and Yogo (2005) tabulate.
    """
    own.require_endogenous("first stage")
    y, _ = _least_moved(own)
    rho2 = float((y.on(own.excluded) ** 2).sum())
    left = float((y.apart_from(own.excluded).values ** 2).sum())
    statistic = own.free_rows * rho2 / left
    return chi2_test("Cragg-Donald", own.label, statistic, own.surplus + 1, _rank_null(own))


def kleibergen_paap(
    own: InstrumentedEquation, rows: RobustRows, form: str = "wald"
) -> HypothesisTest:
    """Robust test that the first stage lacks rank, χ²(L₂ − E + 1); Kleibergen and Paap (2006).

    In canonical units Θ = Z'Y(Y'Y)^{-½}, λ = U₂'Θv belongs to its smallest singular value; its
    variance is Σ s s' with s_t = U₂'z_t v_t, v the first-stage residuals of Y(Y'Y)^{-½}v ("wald"),
    or that combination itself ("lm").

    Raises
    ------
    SimeqError
        If the form is neither.
    """
    statistic, _ = _rk(own, rows, choose(form, ("wald", "lm"), "form"))
    name = "Kleibergen-Paap" if form == "wald" else "Kleibergen-Paap LM"
    return chi2_test(name, own.label, statistic, own.surplus + 1, f"{_rank_null(own)} (robust)")


def kleibergen_paap_f(own: InstrumentedEquation, rows: RobustRows) -> float:
    """The rk Wald statistic as an F: by L₂ and the small-sample factor of the covariance."""
    statistic, meat = _rk(own, rows, "wald")
    return statistic / (rows.factor(own.n_instruments, meat.n_groups) * own.excluded.number)


def _rk(own: InstrumentedEquation, rows: RobustRows, form: str) -> tuple[float, Meat]:
    """λ'(Σ s s')⁻¹λ, and the sum."""
    own.require_endogenous("first stage")
    y, apart = _least_moved(own)
    directions = own.excluded @ apart
    meat = rows.meat(directions, y.apart_from(own.excluded) if form == "wald" else y)
    return quadratic(y.on(directions)[:, 0], meat, own.label), meat


def shea(own: InstrumentedEquation) -> FloatArray:
    """Shea's partial R² (E,): (Y'Y)⁻¹_jj / (Ŷ'Ŷ)⁻¹_jj; Shea (1997), Godfrey (1999)."""
    y, fitted = own.endogenous.values, own.first_stage
    scale = np.linalg.norm(y, axis=0)
    ratio = _inverse_diagonal(y / scale) / _inverse_diagonal(fitted / scale)
    return np.asarray(ratio)


def _least_moved(own: InstrumentedEquation) -> tuple[Columns, FloatArray]:
    """The combination of Y, of length one, that the instruments move least, and U₂ (L₂, ·).

    U₂ are the directions of the instruments apart from those that the other combinations take.
    """
    y = own.endogenous.orthonormal(own.lengths)
    u, _, vt = np.linalg.svd(y.on(own.excluded), full_matrices=True)
    return y @ vt[-1][:, None], u[:, len(vt) - 1 :]


def _rank_null(own: InstrumentedEquation) -> str:
    """Write the null hypothesis of a first stage without rank."""
    return f"the instruments do not identify {own.label}: its first stage lacks rank"


def _inverse_diagonal(x: FloatArray) -> FloatArray:
    """Diagonal of (X'X)⁻¹, by QR."""
    r = np.linalg.qr(x, mode="r")
    return np.asarray((np.linalg.solve(r, np.eye(len(r))) ** 2).sum(axis=1))
