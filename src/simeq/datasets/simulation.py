"""Simulated panels of the paper's interaction system. Nothing here is real data."""

from __future__ import annotations

from collections.abc import Mapping
from math import log, sqrt
from operator import index
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simeq.datasets.interaction import (
    FIRST_YEAR,
    INTERACTION_EQUATIONS,
    INTERACTION_PARAMS,
    REGIONS,
    TABLE_3,
    Described,
)
from simeq.errors import SimeqError

Array: TypeAlias = NDArray[np.float64]

#: Mean range of a control's log in a panel of 30 units and 12 years, in standard deviations.
SPAN = 5.4

LOGNORMAL = ("education", "research", "patent", "creativity", "information", "efficiency")

#: First parameter of green's beta distribution, which sets its range; the mean sets the second.
GREEN_SHAPE = 1.5

#: Shares of unit, year and row in the variance of a control's log; in green, of its shapes.
UNIT_SHARE, YEAR_SHARE, ROW_SHARE = 0.7, 0.1, 0.2

#: Standard deviations of the two equations' errors, and their correlation. They make McElroy's R²
#: of the system .875 and Judge's .885, and OLS's two interaction coefficients tend to .95 and .54.
ERROR_SD = (0.034, 0.024)
ERROR_CORRELATION = 0.1


def simulate_interaction(
    n_units: int = 30, n_periods: int = 12, *, icc: float = 0.0, seed: Any
) -> pd.DataFrame:
    """Simulated data: two indices that drive each other, and their seven controls.

    The paper's provincial data cannot be had. These are random numbers from its equations,

    productivity = α₀ + α₁ ln education + α₂ ln research + α₃ ln patent + α₄ manufacture + ε

    manufacture = β₀ + β₁ ln creativity + β₂ ln information + β₃ green + β₄ efficiency
    + β₅ productivity + τ

    solved for both indices, with the coefficients of its Table 7, column (3).
    `datasets.INTERACTION_EQUATIONS` holds the formulas, `datasets.INTERACTION_PARAMS` the
    coefficients by equation and term.

    Parameters
    ----------
    n_units, n_periods : int
        Rows are n_units · n_periods, sorted by unit, then year. 30 and 12 are the paper's.
    icc : float
        Correlation within a unit of ε, and of τ, from 0 to below 1. The same seed gives the same
        controls whatever it is.
    seed : int, sequence of int, SeedSequence or Generator
        What ``numpy.random.default_rng`` takes. The same integers give the same bits.

    Returns
    -------
    DataFrame (n_units · n_periods, 12)
        unit 1, 2, …; year from 2011; region, a category: the first 10 of 30 units are east, then 6
        central, 11 west, 3 northeast, other numbers in proportion; then Table 3's names, in levels.
        ``attrs`` says that the data are simulated, and counts each index's negative values.

    Raises
    ------
    SimeqError
        If an argument is not such a number.

    Notes
    -----
    Controls are independent of each other and of the errors. Education, research, patent,
    creativity, information and efficiency are lognormal, with Table 3's means, and logs as widely
    spread in a panel of 30 × 12 as Table 3's ranges: ends of ranges then agree to a factor of 1.5.
    A log is the sum of normal components of unit, year and row, with .7, .1 and .2 of its variance.
    Green is beta(1.5, 6.0), X/(X + Y) with gamma variables X and Y that are such sums.

    ε and τ are normal, with standard deviations .034 and .024, correlation .1, and
    √icc · (a draw of the unit) + √(1 − icc) · (a draw of the row). The system's R² is then near
    .88, as in the paper: McElroy's .875, Judge's .885. The indices' means come out as .177 and
    .131, where Table 3 has .168 and .128. The equations don't bound an index, so some 4 % of
    productivity and 3 % of manufacture are negative.

    Nothing loops over rows: 10⁷ of them take seconds, and little more memory than the frame.

    Examples
    --------
    >>> from simeq import SystemEquations, datasets
    >>> panel = datasets.simulate_interaction(seed=1)
    >>> panel.shape, panel.attrs["simulated"]
    ((360, 12), True)
    >>> model = SystemEquations(datasets.INTERACTION_EQUATIONS, panel)
    >>> low, high = model.fit("3sls").conf_int().loc[("productivity", "manufacture")]
    >>> bool(low < datasets.INTERACTION_PARAMS["productivity", "manufacture"] < high)
    True
    """
    shape = _positive(n_units, "n_units"), _positive(n_periods, "n_periods")
    icc = _correlation(icc)
    rng = _generator(seed)
    controls = {name: _lognormal(rng, shape, TABLE_3[name]) for name in LOGNORMAL}
    controls["green"] = _beta(rng, shape, TABLE_3["green"].mean)
    indices = _reduced_form(controls, _errors(rng, shape, icc))
    regions = np.repeat(_regions(shape[0]), shape[1])
    labels = {
        "unit": np.repeat(np.arange(1, shape[0] + 1), shape[1]),
        "year": np.tile(np.arange(FIRST_YEAR, FIRST_YEAR + shape[1]), shape[0]),
        "region": pd.Categorical.from_codes(regions, pd.Index([*REGIONS])),
    }
    drawn = {name: (indices | controls)[name].reshape(-1) for name in TABLE_3}
    frame = pd.DataFrame(labels | drawn, copy=False)
    frame.attrs = {
        "simulated": True,
        "source": "simeq.datasets.simulate_interaction",
        "icc": icc,
        "negative": {name: int((y < 0.0).sum()) for name, y in indices.items()},
    }
    return frame


def _lognormal(rng: np.random.Generator, shape: tuple[int, int], like: Described) -> Array:
    """exp(μ + σ(√.7 unit + √.1 year + √.2 row)), standard normal components."""
    sigma = log(like.high / like.low) / SPAN
    x = rng.standard_normal(shape)
    x *= sqrt(ROW_SHARE)
    x += sqrt(UNIT_SHARE) * rng.standard_normal((shape[0], 1))
    x += sqrt(YEAR_SHARE) * rng.standard_normal(shape[1])
    x *= sigma
    x += log(like.mean) - sigma**2 / 2.0
    return np.exp(x, out=x)


def _beta(rng: np.random.Generator, shape: tuple[int, int], mean: float) -> Array:
    """X/(X + Y): beta(a, b) when X and Y are gamma variables of these shapes."""
    x = _gamma(rng, shape, GREEN_SHAPE)
    total = _gamma(rng, shape, GREEN_SHAPE * (1.0 / mean - 1.0))
    total += x
    x /= total
    return x


def _gamma(rng: np.random.Generator, shape: tuple[int, int], a: float) -> Array:
    """Components of unit, year and row: gamma variables, whose shapes add up to a."""
    x = rng.standard_gamma(ROW_SHARE * a, shape)
    x += rng.standard_gamma(UNIT_SHARE * a, (shape[0], 1))
    x += rng.standard_gamma(YEAR_SHARE * a, shape[1])
    return x


def _errors(rng: np.random.Generator, shape: tuple[int, int], icc: float) -> tuple[Array, Array]:
    """ε and τ with the covariance (σ₁², ρσ₁σ₂; ρσ₁σ₂, σ₂²), within units icc times that."""
    first, second = _standard_error(rng, shape, icc), _standard_error(rng, shape, icc)
    second *= sqrt(1.0 - ERROR_CORRELATION**2)
    second += ERROR_CORRELATION * first
    first *= ERROR_SD[0]
    second *= ERROR_SD[1]
    return first, second


def _standard_error(rng: np.random.Generator, shape: tuple[int, int], icc: float) -> Array:
    x = rng.standard_normal(shape)
    x *= sqrt(1.0 - icc)
    x += sqrt(icc) * rng.standard_normal((shape[0], 1))
    return x


def _reduced_form(controls: Mapping[str, Array], errors: tuple[Array, Array]) -> dict[str, Array]:
    """Both indices, from y₁ = r₁ + α₄y₂ and y₂ = r₂ + β₅y₁: y₂ = (r₂ + β₅r₁)/(1 − α₄β₅)."""
    first, second = (
        _right_side(label, controls, own)
        for label, own in zip(INTERACTION_EQUATIONS, errors, strict=True)
    )
    of_manufacture = INTERACTION_PARAMS["productivity", "manufacture"]
    of_productivity = INTERACTION_PARAMS["manufacture", "productivity"]
    second += of_productivity * first
    second /= 1.0 - of_manufacture * of_productivity
    first += of_manufacture * second
    return {"productivity": first, "manufacture": second}


def _right_side(label: str, controls: Mapping[str, Array], total: Array) -> Array:
    """Add the intercept and the controls of an equation to its errors, in place."""
    total += INTERACTION_PARAMS[label, "Intercept"]
    for name, x in controls.items():
        if (label, name) in INTERACTION_PARAMS:
            total += INTERACTION_PARAMS[label, name] * x
        elif (label, f"np.log({name})") in INTERACTION_PARAMS:
            total += INTERACTION_PARAMS[label, f"np.log({name})"] * np.log(x)
    return total


def _regions(n_units: int) -> NDArray[np.int8]:
    """Region code of each unit: its middle, on a line of 30 provinces sorted by region."""
    middles = (np.arange(n_units) + 0.5) * (sum(REGIONS.values()) / n_units)
    edges = np.cumsum([*REGIONS.values()])[:-1]
    return np.searchsorted(edges, middles, side="right").astype(np.int8)


def _positive(number: Any, name: str) -> int:
    try:
        whole = index(number)
    except TypeError:
        whole = 0
    if whole < 1 or isinstance(number, bool):
        raise SimeqError(f"{name} must be a whole number from 1 on, not {number!r}.")
    return whole


def _correlation(icc: Any) -> float:
    if not isinstance(icc, int | float | np.number) or not 0.0 <= float(icc) < 1.0:
        raise SimeqError(
            f"icc, the correlation of errors within a unit, must be from 0 to below 1, not {icc!r}."
        )
    return float(icc)


def _generator(seed: Any) -> np.random.Generator:
    try:
        return np.random.default_rng(seed)
    except (TypeError, ValueError) as error:
        raise SimeqError(
            f"seed must be a whole number from 0 on, a sequence of them, or a "
            f"numpy.random.Generator, not {seed!r}."
        ) from error
