"""Whether the data satisfy identities and declared lags.

R says whether identities hold; rows are asked only which one does not. Lags need the rows.
"""

from __future__ import annotations

import numpy as np

from simeq.design.sample_rows import SampleRows
from simeq.errors import DataError, count
from simeq.estimation.system import System
from simeq.formula.identities import Identity
from simeq.linalg.bases import RANK_TOL, FloatArray

#: An identity holds when it is off by less than this share of its smallest part (lengths over all
#: rows): sums of numbers in single precision are off by about 1e-7, data that were rounded for
#: print by 1e-4 and more.
IDENTITY_TOL = 1e-6

#: A value is that of a row before when they differ by less than this share: numbers in single
#: precision do by about 1e-7.
LAG_TOL = 1e-6


def require_identities(system: System, sample_rows: SampleRows | None) -> None:
    """Check that each identity holds in the sample.

    With loadings w (m,) on the columns of W, 1 at the left side, ‖W w‖ = ‖R w‖ is the length of
    what the identity leaves over.

    Raises
    ------
    DataError
        If one does not hold: by how much, and in which row it is worst.
    """
    for identity in system.design.identities:
        loadings = _gap_loadings(system, identity)
        used = np.flatnonzero(loadings)
        parts = system.factor.r[:, used] * loadings[used]
        sizes = np.linalg.norm(parts, axis=0)
        gap = float(np.linalg.norm(parts.sum(axis=1)))
        smallest = sizes[sizes > 0.0].min(initial=np.inf)
        if gap > max(IDENTITY_TOL * smallest, RANK_TOL * sizes.max()):
            _refuse(identity, loadings, gap / system.factor.nobs**0.5, sample_rows)


def require_declared_lags(sample_rows: SampleRows) -> None:
    """Check that no declared lag is plainly that of another variable, or of another order.

    Rows may be panels, and in any order, so that a lag need not be the value of a row before. But
    where it is that of another variable or row in most rows, and its own in less than half as many,
    the declaration is wrong.

    Raises
    ------
    DataError
        Saying which it is.
    """
    design = sample_rows.design
    names = [design.names[j] for j in design.variables]
    places = [*design.variables, *(design.names.index(lag.column) for lag in design.lags)]
    columns = np.concatenate(list(sample_rows.columns(places))).T
    y = dict(zip(names, columns[: len(names)], strict=True))
    for lag, column in zip(design.lags, columns[len(names) :], strict=True):
        own = _share(column, y[lag.variable], lag.order)
        if own < 0.5:
            orders = range(1, max(2, *(other.order for other in design.lags)) + 1)
            pairs = {(v, s): _share(column, y[v], s) for v in names for s in orders}
            variable, order = max(pairs, key=lambda pair: pairs[pair])
            if 2.0 * own < pairs[variable, order] > 0.5:
                raise DataError(
                    f"lags: {lag.column} is {variable} {count(order, 'row')} before in "
                    f"{pairs[variable, order]:.0%} of the rows, and {lag.variable} "
                    f"{count(lag.order, 'row')} before in {own:.0%}. Declare {lag.column!r}: "
                    f"({variable!r}, {order}), or correct the column."
                )


def _share(column: FloatArray, variable: FloatArray, order: int) -> float:
    """Share of the rows in which a column holds a variable's value `order` rows before."""
    if order >= len(column):
        return 0.0
    return float(np.isclose(column[order:], variable[:-order], LAG_TOL, 0.0).mean())


def _gap_loadings(system: System, identity: Identity) -> FloatArray:
    """Weights (m,) of the columns of W: left side less right side."""
    place = {name: j for j, name in enumerate(system.design.names)}
    out = np.zeros(len(place))
    out[place[identity.left]] = 1.0
    for name, weight in identity.weights:
        out[place[name]] -= weight
    return out


def _refuse(
    identity: Identity, loadings: FloatArray, gap: float, sample_rows: SampleRows | None
) -> None:
    """Say by how much an identity fails, and where most."""
    where = "" if sample_rows is None else _worst_row(identity, loadings, sample_rows)
    raise DataError(
        f"{identity.where} does not hold in the data: the two sides differ by {gap:.3g} (root "
        f"mean square){where}. If the data are rounded, compute {identity.left} from the right "
        f"side, or add the discrepancy as a column of its own; otherwise see what is missing."
    )


def _worst_row(identity: Identity, loadings: FloatArray, sample_rows: SampleRows) -> str:
    """Name the row that is off by most, with both sides there."""
    place = sample_rows.design.names.index(identity.left)
    left = np.zeros_like(loadings)
    left[place] = 1.0
    pair = np.column_stack([loadings, left])
    rows = sample_rows.whole(pair)
    size = np.abs(rows[:, 0])
    worst = int(size.argmax())
    off = count(int((size > IDENTITY_TOL * np.abs(rows[:, 1]).max()).sum()), "row")
    gap, value = rows[worst]
    return (
        f", most in row {sample_rows.index.tolist()[worst]!r}: {identity.left} is {value:g}, the "
        f"right side {value - gap:g}, {abs(gap):.3g} apart; off in {off} of {len(rows):,}"
    )
