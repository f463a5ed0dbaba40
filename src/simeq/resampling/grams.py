"""Cross products by cluster, in coordinates where those of the whole sample are the identity.

With W = QR, the rows of Q have Σ_c Q_c'Q_c = I. Single clusters' Grams Q_c'Q_c may be singular; the
sums over drawn clusters are well conditioned, so that products of them lose no digits to the units
of the data.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from simeq._linalg import FloatArray, IntArray, basis, triangle_inverse

#: Rows whose outer products are held at once.
OUTER_ROWS = 2**11

#: A column vanishes in a cluster when its sum of squares there is below this share of the whole.
VANISH_TOL = 1e-12


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


def orthonormal_weights(r: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return (m, s) weights with W @ weights = Q, and the columns of W in terms of Q (s, m)."""
    found = basis(r)
    weights = np.zeros((r.shape[1], len(found.kept)))
    weights[list(found.kept)] = triangle_inverse(found.t)
    return weights, found.q.T @ r


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
            order = np.argsort(own, kind="stable")
            labels, starts = np.unique(own[order], return_index=True)
            sorted_rows = rows[order]
            outer = sorted_rows[:, :, None] * sorted_rows[:, None, :]
            grams[labels] += np.add.reduceat(outer, starts, axis=0)
        start += len(block)
    return ClusterGrams(grams, np.bincount(codes, minlength=number), columns)


@dataclass(frozen=True)
class Partialled:
    """Grams after the columns of single clusters are partialled out.

    Attributes
    ----------
    grams : ClusterGrams
    removed : tuple of int
        Columns of W that vanish outside one cluster, or do once others are partialled out.
    """

    grams: ClusterGrams
    removed: tuple[int, ...]


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
    removed: list[int] = []
    waiting = list(candidates)
    if not _of_one_cluster(clusters.grams, clusters.columns, waiting):
        return Partialled(clusters, ())
    grams = clusters.grams.copy()
    while True:
        found = _of_one_cluster(grams, clusters.columns, waiting)
        if not found:
            break
        for column, cluster in found:
            _project_out(grams[cluster], clusters.columns[:, column])
            removed.append(column)
            waiting.remove(column)
    rest = ClusterGrams(grams, clusters.sizes, clusters.columns)
    return Partialled(_whitened(rest) if removed else rest, tuple(removed))


def _whitened(clusters: ClusterGrams) -> ClusterGrams:
    """Return to coordinates in which the clusters' Grams add up to the identity."""
    values, vectors = np.linalg.eigh(clusters.grams.sum(axis=0))
    kept = values > VANISH_TOL
    root, axes = np.sqrt(values[kept]), vectors[:, kept]
    back = axes / root
    return ClusterGrams(
        back.T @ clusters.grams @ back, clusters.sizes, root[:, None] * (axes.T @ clusters.columns)
    )


def _of_one_cluster(
    grams: FloatArray, columns: FloatArray, candidates: list[int]
) -> list[tuple[int, int]]:
    """Candidates that are nonzero in one cluster alone, with the cluster."""
    if not candidates:
        return []
    chosen = columns[:, candidates]
    squares = ((grams @ chosen) * chosen).sum(axis=1)
    present = squares > VANISH_TOL * (chosen**2).sum(axis=0)
    single = np.flatnonzero(present.sum(axis=0) == 1)
    return [(candidates[int(k)], int(np.flatnonzero(present[:, k])[0])) for k in single]


def _project_out(gram: FloatArray, column: FloatArray) -> None:
    """Take the part along a column out of a cluster's Gram, in place."""
    along = gram @ column
    size = column @ along
    if size > 0.0:
        gram -= np.multiply.outer(along, along) / size
