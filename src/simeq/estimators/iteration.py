"""Steps until nothing moves: what is compared, when samples stop, what is given up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from simeq.estimators.choices import Choices
from simeq.estimators.conventions import Criterion
from simeq.estimators.estimator import Estimate, Iteration
from simeq.estimators.samples import Failure, Samples
from simeq.linalg.bases import BoolArray, FloatArray
from simeq.linalg.definite import Inverses, Solvable

#: Growth of the coefficients, in orthonormal coordinates, at which an iteration is given up.
MOST_GROWTH = 1e8

TINY = float(np.finfo(np.float64).tiny)

#: One step: the next estimate from the last one's δ.
Step: TypeAlias = Callable[[FloatArray], Estimate]


@np.errstate(all="ignore")  # samples that run away overflow before they are given up
def iterate(samples: Samples, first: Estimate, step: Step, choices: Choices) -> Estimate:
    """Take steps from a first estimate until nothing moves, or as many as are allowed.

    A sample that has converged or failed stays where it is while others go on.

    Returns
    -------
    Estimate
        With its `iteration`.
    """
    found, steps = first, 1
    change = np.full(samples.failed.shape, np.inf)
    active = ~samples.failed
    start, growth = np.maximum(_length(samples, first), TINY), np.ones(samples.failed.shape)
    while steps < (choices.maxiter or 1) and active.any():
        moved = step(found.delta)
        gone = changes(choices.convention.criterion, samples, found.delta, moved.delta)
        change, found = np.where(active, gone, change), _where(active, moved, found)
        steps += 1
        growth = _length(samples, found) / start
        samples.fail(~(growth < MOST_GROWTH), Failure.DIVERGED)
        active = (change > choices.tol) & ~samples.failed
    ended = Iteration(steps, change, np.asarray(change <= choices.tol), growth)
    return replace(found, steps=steps, iteration=ended)


def _length(samples: Samples, found: Estimate) -> FloatArray:
    """Length of the coefficients (…) in orthonormal coordinates."""
    return np.asarray(np.linalg.norm(samples.free.gamma(found.delta), axis=-1))


def _where(active: BoolArray, new: Estimate, old: Estimate) -> Estimate:
    """Return the new estimates of samples that are active, and the old ones of the others."""
    if active.all():
        return new

    def chosen(a: FloatArray, b: FloatArray) -> FloatArray:
        return np.where(active.reshape(active.shape + (1,) * (a.ndim - active.ndim)), a, b)

    normal: Solvable = Inverses(chosen(new.normal.inverse, old.normal.inverse))
    sigma, weight = chosen(new.sigma, old.sigma), chosen(new.weight, old.weight)
    return Estimate(chosen(new.delta, old.delta), normal, sigma, weight)


def changes(criterion: Criterion, samples: Samples, old: FloatArray, new: FloatArray) -> FloatArray:
    """Distances (…) between two steps δ, in the units of a criterion.

    ``"orthonormal"`` is max_i ‖Δγ_i‖/‖γ_i‖, which does not depend on the units of the data;
    ``"relative"`` Stata's max |Δb|/(|b₀|+1); ``"norm"`` systemfit's and gretl's ‖Δb‖/‖b₀‖;
    ``"rms"`` linearmodels' root mean square of Δb.
    """
    if criterion == "orthonormal":
        gamma = samples.free.gamma(new)
        moved = (gamma - samples.free.gamma(old)) ** 2 @ samples.equations.own
        size = gamma**2 @ samples.equations.own
        ratio = moved / np.where(size > 0.0, size, 1.0)
        return np.asarray(np.sqrt(ratio.max(axis=-1, initial=0.0)))
    before = samples.free.coefficients(old)
    difference = samples.free.coefficients(new) - before
    if criterion == "relative":
        return np.asarray((np.abs(difference) / (np.abs(before) + 1.0)).max(axis=-1))
    if criterion == "norm":
        length = np.linalg.norm(difference, axis=-1) / np.linalg.norm(before, axis=-1)
        return np.asarray(length)
    return np.asarray(np.sqrt((difference**2).mean(axis=-1)))
