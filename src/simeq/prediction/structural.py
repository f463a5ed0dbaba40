"""Right sides of the equations on any rows, with their standard errors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from simeq.design.sample_rows import SampleRows
from simeq.estimation.fit import Fit
from simeq.estimation.system import System
from simeq.inference.coefficients import Coefficients
from simeq.inference.delta_method import quadratic_form
from simeq.linalg.bases import FloatArray
from simeq.linalg.threads import single_thread
from simeq.prediction.columns_on_rows import Data, regressors_on
from simeq.prediction.results import Prediction


def right_sides(
    system: System,
    b: FloatArray,
    sample_rows: SampleRows | None,
    data: Data,
    labels: Sequence[str] | None = None,
) -> pd.DataFrame:
    """x_i'b_i of each equation (n, G), for coefficients b (K,).

    Parameters
    ----------
    system : System
    b : (K,) array
    sample_rows : SampleRows or None
    data : DataFrame or mapping, optional
        Only the regressors' columns are needed; the sample by default.
    labels : sequence of str, optional
        Equations in question; all by default.
    """
    chosen = list(system.labels if labels is None else labels)
    own = [b[system.equation == system.labels.index(label)] for label in chosen]
    rows = regressors_on(system, sample_rows, data, chosen)
    out = np.empty((len(rows.index), len(own)))
    with single_thread():
        for part, xs in rows.parts():
            out[part] = np.column_stack([x @ mine for x, mine in zip(xs, own, strict=True)])
    return pd.DataFrame(out, rows.index, chosen)


def structural_prediction(
    fit: Fit,
    coefficients: Coefficients,
    sample_rows: SampleRows | None,
    data: Data = None,
    labels: Sequence[str] | None = None,
) -> Prediction:
    """Right sides x_i'b_i with √(x_i'V_ii x_i), and √(x_i'V_ii x_i + σ_ii) for an observation.

    The first is systemfit's ``se.fit``; the second its ``se.pred``, where systemfit always takes
    RSS_i/(n − k_i) for σ_ii, and this the diagonal of Σ of the final residuals.

    Parameters
    ----------
    fit : Fit
    coefficients : Coefficients
        With their covariance V and distribution.
    sample_rows : SampleRows or None
    data : DataFrame or mapping, optional
        Only the regressors' columns are needed; the sample by default.
    labels : sequence of str, optional
        Equations in question; all by default.
    """
    system, cov, dof = fit.system, coefficients.cov, coefficients.dof
    chosen = system.labels if labels is None else tuple(labels)
    equations = [system.labels.index(label) for label in chosen]
    own = [np.flatnonzero(system.equation == i) for i in equations]
    rows = regressors_on(system, sample_rows, data, chosen)
    mean, variance = np.empty((2, len(rows.index), len(own)))
    with single_thread():
        for part, xs in rows.parts():
            for i, (x, mine) in enumerate(zip(xs, own, strict=True)):
                mean[part, i] = x @ coefficients.b[mine]
                variance[part, i] = quadratic_form(x, cov[np.ix_(mine, mine)])
    return Prediction(
        mean,
        np.sqrt(variance),
        np.sqrt(variance + fit.sigma_resid.diagonal()[equations]),
        rows.index,
        chosen,
        None if dof is None else dof[[mine[0] for mine in own]],
        "structural",
    )
