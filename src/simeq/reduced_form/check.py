"""Do the data satisfy the identities? R says whether; rows are asked only which one does not."""

from __future__ import annotations

import numpy as np

from simeq._linalg import RANK_TOL, FloatArray
from simeq.errors import DataError, count
from simeq.identities import Identity
from simeq.observations import Observations
from simeq.system import System

#: An identity holds when it is off by less than this share of its smallest part (lengths over all
#: rows): sums of numbers in single precision are off by about 1e-7, data that were rounded for
#: print by 1e-4 and more.
IDENTITY_TOL = 1e-6


def require_identities(system: System, observations: Observations | None) -> None:
    """Check that each identity holds in the sample.

    With weights w (m,) on the columns of W, 1 at the left side, ‖W w‖ = ‖R w‖ is the length of
    what the identity leaves over.

    Raises
    ------
    DataError
        If one does not hold: by how much, and in which row it is worst.
    """
    for identity in system.design.identities:
        weights = _weights(system, identity)
        used = np.flatnonzero(weights)
        parts = system.factor.r[:, used] * weights[used]
        sizes = np.linalg.norm(parts, axis=0)
        gap = float(np.linalg.norm(parts.sum(axis=1)))
        smallest = sizes[sizes > 0.0].min(initial=np.inf)
        if gap > max(IDENTITY_TOL * smallest, RANK_TOL * sizes.max()):
            _refuse(identity, weights, gap / system.factor.nobs**0.5, observations)


def _weights(system: System, identity: Identity) -> FloatArray:
    """Weights (m,) of the columns of W: left side less right side."""
    place = {name: j for j, name in enumerate(system.design.names)}
    out = np.zeros(len(place))
    out[place[identity.left]] = 1.0
    for name, weight in identity.weights:
        out[place[name]] -= weight
    return out


def _refuse(
    identity: Identity, weights: FloatArray, gap: float, observations: Observations | None
) -> None:
    where = "" if observations is None else _worst_row(identity, weights, observations)
    raise DataError(
        f"{identity.where} does not hold in the data: the two sides differ by {gap:.3g} (root "
        f"mean square){where}. If the data are rounded, compute {identity.left} from the right "
        f"side, or add the discrepancy as a column of its own; otherwise see what is missing."
    )


def _worst_row(identity: Identity, weights: FloatArray, observations: Observations) -> str:
    """Name the row that is off by most, with both sides there."""
    place = observations.design.names.index(identity.left)
    left = np.zeros_like(weights)
    left[place] = 1.0
    pair = np.column_stack([weights, left])
    rows = np.concatenate(list(observations.blocks(pair)))
    size = np.abs(rows[:, 0])
    worst = int(size.argmax())
    off = count(int((size > IDENTITY_TOL * np.abs(rows[:, 1]).max()).sum()), "row")
    gap, value = rows[worst]
    return (
        f", most in row {observations.index.tolist()[worst]!r}: {identity.left} is {value:g}, the "
        f"right side {value - gap:g}, {abs(gap):.3g} apart; off in {off} of {len(rows):,}"
    )
