"""Cross products by cluster, in coordinates where those of the whole sample are the identity.

With W = QR, the rows of Q have Σ_c Q_c'Q_c = I. Single clusters' Grams Q_c'Q_c may be singular; the
sums over drawn clusters are well conditioned, so that products of them lose no digits to the units
of the data.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from simeq.estimation.system import System
from simeq.estimators.equations import Equations
from simeq.linalg.bases import Basis, BoolArray, FloatArray, IntArray, triangle_inverse
from simeq.linalg.definite import VANISH_TOL

#: Rows that are added up at once.
OUTER_ROWS = 2**11


@dataclass(frozen=True)
class ClusterGrams:
    """Grams of the clusters in coordinates of Q.

    Attributes
    ----------
    grams : (g, s, s) array
        Q_c'Q_c.
    sizes : (g,) array of int
        Rows of each cluster.
    columns : (s, m) array
        The columns of W in these coordinates.
    """

    grams: FloatArray
    sizes: IntArray
    columns: FloatArray

    def draw(self, counts: FloatArray) -> FloatArray:
        """Grams (D, s, s) of draws in which cluster c stands ``counts[d, c]`` times."""
        g, s, _ = self.grams.shape
        return np.asarray((counts @ self.grams.reshape(g, s * s)).reshape(-1, s, s))

    def without_each(self) -> FloatArray:
        """Grams (g, s, s) without one cluster: what stands before it, and what stands after.

        Sums, where the whole less the cluster would lose digits if that one dominates.
        """
        out = np.zeros_like(self.grams)
        np.cumsum(self.grams[:-1], axis=0, out=out[1:])
        out[:-1] += np.cumsum(self.grams[:0:-1], axis=0)[::-1]
        return out


def orthonormal_loadings(found: Basis, m: int) -> FloatArray:
    """Loadings (m, s) with W @ loadings = Q, from the basis of the m columns of R."""
    loadings = np.zeros((m, len(found.kept)))
    loadings[list(found.kept)] = triangle_inverse(found.t)
    return loadings


def cluster_grams(
    blocks: Iterable[FloatArray], codes: IntArray, number: int, columns: FloatArray
) -> ClusterGrams:
    """Add up outer products of the rows of Q by cluster.

    Parameters
    ----------
    blocks : iterable of (rows, s) arrays
        Rows of Q in order.
    codes : (n,) array of int
        Cluster of each row.
    number : int
        Clusters.
    columns : (s, m) array
        The columns of W in terms of Q.
    """
    s = len(columns)
    grams = np.zeros((number, s, s))
    start = 0
    for block in blocks:
        for first in range(0, len(block), OUTER_ROWS):
            rows = block[first : first + OUTER_ROWS]
            own = codes[start + first : start + first + len(rows)]
            for labels, sums in _by_size(rows, own):
                grams[labels] += sums
        start += len(block)
    return ClusterGrams(grams, np.bincount(codes, minlength=number), columns)


def _by_size(rows: FloatArray, codes: IntArray) -> Iterator[tuple[IntArray, FloatArray]]:
    """Yield clusters of sizes within a factor of two, with their cross products (c, s, s).

    The shorter ones are filled with zeros, so that each yield is one product of stacks.
    """
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    sizes = np.diff(starts, append=len(codes))
    doubling = np.frexp(sizes)[1]
    for which in (doubling == k for k in set(doubling.tolist())):
        firsts, ends = starts[which], starts[which] + sizes[which]
        places = firsts[:, None] + np.arange(sizes[which].max())
        stack = rows[order.take(places, mode="clip")]
        stack[places >= ends[:, None]] = 0.0
        yield codes[order[firsts]], stack.swapaxes(1, 2) @ stack


# ---------------------------------------------------------------------- columns of one cluster


@dataclass(frozen=True)
class Partialled:
    """Grams after the columns of single clusters are partialled out.

    Attributes
    ----------
    clusters : ClusterGrams
    removed : mapping of int to int
        Columns of W that vanish outside one cluster, or do once others are partialled out, with
        the cluster.
    """

    clusters: ClusterGrams
    removed: Mapping[int, int]


def partial_out(clusters: ClusterGrams, candidates: Iterable[int]) -> Partialled:
    """Partial out of every column, within clusters, those that vanish outside one cluster.

    Unit dummies with clusters by unit are the case: a draw without the unit would lose the column.
    What is left of the other columns has the same coefficients (Frisch and Waugh), so each draw
    works; the removed coefficients get no resampling error. An intercept beside the dummies goes
    the same way, as it is then a dummy of the unit left out.

    Parameters
    ----------
    clusters : ClusterGrams
    candidates : iterable of int
        Columns of W that stand in every equation, and in every instrument list.
    """
    waiting = list(candidates)
    found = of_one_cluster(clusters, waiting)
    if not found:
        return Partialled(clusters, {})
    rest = replace(clusters, grams=clusters.grams.copy())
    removed: dict[int, int] = {}
    while found:
        for column, cluster in found.items():
            _project_out(rest.grams[cluster], rest.columns[:, column])
        removed |= found
        waiting = [column for column in waiting if column not in found]
        found = of_one_cluster(rest, waiting)
    return Partialled(_whitened(rest), removed)


def of_one_cluster(clusters: ClusterGrams, candidates: Sequence[int]) -> dict[int, int]:
    """Candidates that are nonzero in one cluster alone, with the cluster."""
    chosen = clusters.columns[:, list(candidates)]
    squares = ((clusters.grams @ chosen) * chosen).sum(axis=1)
    present = squares > VANISH_TOL * (chosen**2).sum(axis=0)
    single = np.flatnonzero(present.sum(axis=0) == 1)
    return {candidates[k]: int(present[:, k].argmax()) for k in single.tolist()}


@dataclass(frozen=True)
class Alone:
    """Columns that vanish outside one cluster, with the cluster.

    Attributes
    ----------
    shared : Partialled
        Those that stand in every equation, and in every instrument list where there are any.
    own : G mappings of int to int
        Those of each equation, the shared ones among them.
    """

    shared: Partialled
    own: Sequence[Mapping[int, int]]

    def coefficients(self, system: System) -> BoolArray:
        """Coefficients (K,) of such columns, within their own equation."""
        parts = [np.isin(used, list(own)) for used, own in zip(system.used, self.own, strict=True)]
        return np.concatenate(parts)

    def counts(self, g: int) -> IntArray:
        """Columns (g, G + 1) by cluster and equation; last, the shared ones."""
        sets = [*self.own, self.shared.removed]
        return np.stack([np.bincount([*found.values()], minlength=g) for found in sets], axis=1)


def columns_alone(system: System, seen: Equations, clusters: ClusterGrams) -> Alone:
    """Partial out the columns of one cluster that all equations share, and find the others."""
    if not of_one_cluster(clusters, sorted(set(system.columns.tolist()))):
        return Alone(Partialled(clusters, {}), [{} for _ in system.used])
    shared = partial_out(clusters, _in_all_equations(system, seen))
    rest = [[j for j in own if j not in shared.removed] for own in system.used]
    own = [partial_out(shared.clusters, columns).removed for columns in rest]
    return Alone(shared, [{**shared.removed, **found} for found in own])


def _in_all_equations(system: System, seen: Equations) -> list[int]:
    """Columns of W that stand in every equation and, where they are used, every instrument list."""
    shared = set(system.used[0]).intersection(*system.used)
    return sorted(shared.intersection(*seen.places))


def _whitened(clusters: ClusterGrams) -> ClusterGrams:
    """Return to coordinates in which the clusters' Grams add up to the identity."""
    values, vectors = np.linalg.eigh(clusters.grams.sum(axis=0))
    kept = values > VANISH_TOL
    root, axes = np.sqrt(values[kept]), vectors[:, kept]
    back = axes / root
    return ClusterGrams(
        back.T @ clusters.grams @ back, clusters.sizes, root[:, None] * (axes.T @ clusters.columns)
    )


def _project_out(gram: FloatArray, column: FloatArray) -> None:
    """Take the part along a column out of a cluster's Gram, in place."""
    along = gram @ column
    size = column @ along
    if size > 0.0:
        gram -= np.multiply.outer(along, along) / size
