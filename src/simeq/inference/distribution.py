"""Student's t or the normal distribution: p values of ratios, quantiles of intervals."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simeq.errors import DataError
from simeq.linalg.bases import FloatArray


def two_sided_pvalues(ratios: FloatArray, dof: FloatArray | None) -> FloatArray:
    """Probability of a ratio at least as far from zero: t with `dof` degrees, normal for None."""
    from scipy import special

    size = -np.abs(ratios)
    tail = special.ndtr(size) if dof is None else special.stdtr(dof, size)
    return np.asarray(2.0 * tail, dtype=np.float64)


def two_sided_quantile(alpha: float, dof: FloatArray | None) -> NDArray[np.float64]:
    """Return the quantile at 1 − α/2: t with `dof` degrees of freedom, normal for None.

    Raises
    ------
    DataError
        If alpha is not between 0 and 1.
    """
    require_alpha(alpha)
    from scipy import special

    p = 1.0 - alpha / 2.0
    return np.asarray(special.ndtri(p) if dof is None else special.stdtrit(dof, p))


def require_alpha(alpha: float) -> None:
    """Check that one minus a coverage is between 0 and 1.

    Raises
    ------
    DataError
        If it is not.
    """
    if not isinstance(alpha, int | float) or not 0.0 < alpha < 1.0:
        raise DataError(f"alpha must be between 0 and 1, not {alpha!r}.")
