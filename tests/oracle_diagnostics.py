"""Tests of instruments by the book, slow and plain: rows, Kronecker products, explicit inverses.

Nothing here is shared with `simeq`. `Equation` holds one equation's arrays; robust sums are over
rows, or over clusters where labels are given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import block_diag, sqrtm

from oracle import Answer, System, projection


@dataclass(frozen=True)
class Equation:
    """y on x1 (exogenous) and y2 (endogenous), with excluded instruments z2."""

    y: np.ndarray
    x1: np.ndarray
    y2: np.ndarray
    z2: np.ndarray

    @property
    def n(self) -> int:
        return len(self.y)

    @property
    def z(self) -> np.ndarray:
        return np.hstack([self.x1, self.z2])

    @property
    def x(self) -> np.ndarray:
        return np.hstack([self.x1, self.y2])

    @property
    def free(self) -> int:
        """n − L."""
        return self.n - self.z.shape[1]

    @property
    def residuals(self) -> np.ndarray:
        """Of 2SLS."""
        hat = projection(self.z) @ self.x
        return self.y - self.x @ np.linalg.solve(hat.T @ hat, hat.T @ self.y)

    def partialled(self) -> tuple[np.ndarray, np.ndarray]:
        """Y₂ and Z₂ less their projections on X₁."""
        m = np.eye(self.n) - (projection(self.x1) if self.x1.size else 0.0)
        return m @ self.y2, m @ self.z2


def equations(system: System) -> list[tuple[str, Equation]]:
    """Equations of a random system that have endogenous regressors, by label."""
    found = []
    for i, label in enumerate(system.labels):
        listed = system.lists[i]
        own = [name for name in system.right[i] if name in listed]
        endogenous = [name for name in system.right[i] if name not in listed]
        excluded = [name for name in listed if name not in own]
        if endogenous:
            columns = (system.columns(names) for names in (own, endogenous, excluded))
            found.append((label, Equation(system.y[i], *columns)))
    return found


def summed(scores: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
    """Σ s s' over rows, or over clusters."""
    if labels is None:
        return scores.T @ scores
    total = np.zeros((scores.shape[1],) * 2)
    for label in np.unique(labels):
        own = scores[labels == label].sum(axis=0)
        total += np.outer(own, own)
    return total


def factor(n: int, k: int, labels: np.ndarray | None) -> float:
    """n/(n − k), or g/(g − 1)·(n − 1)/(n − k)."""
    if labels is None:
        return n / (n - k)
    g = len(np.unique(labels))
    return g / (g - 1) * (n - 1) / (n - k)


def hansen_j(own: Equation, labels: np.ndarray | None = None) -> float:
    """n ḡ'Ŝ⁻¹ḡ at the efficient two-step GMM estimate, all instruments as they are."""
    s = summed(own.z * own.residuals[:, None], labels)
    w = np.linalg.inv(s)
    xz = own.x.T @ own.z
    b = np.linalg.solve(xz @ w @ xz.T, xz @ w @ own.z.T @ own.y)
    g = own.z.T @ (own.y - own.x @ b)
    return float(g @ w @ g)


def system_j(system: System, labels: np.ndarray | None = None) -> float:
    """The same with all equations stacked."""
    x, z, y = block_diag(*system.x), block_diag(*system.z), np.concatenate(system.y)
    hat = projection(z) @ x
    first = (y - x @ np.linalg.solve(hat.T @ hat, hat.T @ y)).reshape(-1, system.n)
    scores = np.hstack([own * u[:, None] for own, u in zip(system.z, first, strict=True)])
    w = np.linalg.inv(summed(scores, labels))
    xz = x.T @ z
    b = np.linalg.solve(xz @ w @ xz.T, xz @ w @ z.T @ y)
    g = z.T @ (y - x @ b)
    return float(g @ w @ g)


def correlation(system: System, labels: np.ndarray | None, instruments: bool) -> float:
    """Σ e_i e_j of all pairs against the sum of s s', s with the coefficients' own errors in it."""
    e, hats = [], []
    for y, x, z in zip(system.y, system.x, system.z, strict=True):
        hat = projection(z) @ x if instruments else x
        e.append(y - x @ np.linalg.solve(hat.T @ hat, hat.T @ y))
        hats.append(hat @ np.linalg.inv(hat.T @ hat) @ x.T)
    pairs = [(i, j) for i in range(len(e)) for j in range(i + 1, len(e))]
    scores = [e[i] * e[j] - e[i] * (hats[i] @ e[j]) - e[j] * (hats[j] @ e[i]) for i, j in pairs]
    gap = np.array([e[i] @ e[j] for i, j in pairs])
    return float(gap @ np.linalg.solve(summed(np.array(scores).T, labels), gap))


def hansen_sargan(system: System, answer: Answer) -> float:
    """e'Z(Z'ΩZ)⁻¹Z'e with Ω = Σ⊗I written out."""
    z = block_diag(*system.z)
    e = np.concatenate(system.y) - block_diag(*system.x) @ answer.b
    g = z.T @ e
    return float(g @ np.linalg.solve(z.T @ np.kron(answer.sigma, np.eye(system.n)) @ z, g))


def sanderson_windmeijer(own: Equation, j: int) -> float:
    """Their F_{j|−j}: 2SLS of Y_j on X₁ and the other Y, then its residuals on the instruments."""
    others = np.delete(own.y2, j, axis=1)
    x = np.hstack([own.x1, others])
    hat = projection(own.z) @ x
    u = own.y2[:, j] - x @ np.linalg.solve(hat.T @ hat, hat.T @ own.y2[:, j])
    p = projection(own.z)
    explained, left = u @ p @ u, u @ u - u @ p @ u
    return float(explained / (own.z2.shape[1] - others.shape[1]) / (left / own.free))


def kleibergen_paap(own: Equation, labels: np.ndarray | None = None, lm: bool = False) -> float:
    """rk of Kleibergen and Paap (2006), equations (2)–(11), with their A⊥ and B⊥ written out.

    Θ = G Π F' with G = (Z'Z)^½, F = (Y'Y)^{-½}, after X₁ is partialled out.
    """
    y, z = own.partialled()
    g, f = np.real(sqrtm(z.T @ z)), np.linalg.inv(np.real(sqrtm(y.T @ y)))
    pi = np.linalg.solve(z.T @ z, z.T @ y)
    theta = g @ pi @ f.T
    u, _, vt = np.linalg.svd(theta)
    v, q = vt.T, y.shape[1] - 1
    u12, u22, v12, v22 = u[:q, q:], u[q:, q:], v[:q, q:], v[q:, q:]
    a = np.vstack([u12, u22]) @ np.linalg.inv(u22) @ np.real(sqrtm(u22 @ u22.T))
    b = np.real(sqrtm(v22 @ v22.T)) @ np.linalg.inv(v22.T) @ np.hstack([v12.T, v22.T])
    lam = (a.T @ theta @ b.T).ravel(order="F")
    w = y if lm else y - z @ pi
    bread = np.kron(f, g @ np.linalg.inv(z.T @ z))
    scores = np.einsum("ne,nl->nel", w, z).reshape(own.n, -1)
    variance = bread @ summed(scores, labels) @ bread.T
    turn = np.kron(b, a.T)
    return float(lam @ np.linalg.solve(turn @ variance @ turn.T, lam))


def effective_f(own: Equation, labels: np.ndarray | None = None) -> tuple[float, np.ndarray]:
    """Y'P_Z Y/tr(Ŵ₂) of Montiel Olea and Pflueger (2013), section 3, and Ŵ₂ for Z'Z/n = I."""
    y, z = own.partialled()
    z = z @ np.linalg.inv(np.linalg.cholesky(z.T @ z / own.n)).T
    pi = z.T @ y[:, 0] / own.n
    v = y[:, 0] - z @ pi
    w2 = factor(own.n, own.z.shape[1], labels) * summed(z * v[:, None], labels) / own.n
    return float(own.n * pi @ pi / np.trace(w2)), w2


def anderson_rubin(
    own: Equation, value: float, labels: np.ndarray | None, robust: bool = True
) -> float:
    """F of Z₂ in the regression of y − Y₂β on X₁ and Z₂."""
    left = own.y - own.y2[:, 0] * value
    inverse = np.linalg.inv(own.z.T @ own.z)
    b = inverse @ own.z.T @ left
    u = left - own.z @ b
    if robust:
        middle = factor(own.n, own.z.shape[1], labels) * summed(own.z * u[:, None], labels)
    else:
        middle = u @ u / own.free * own.z.T @ own.z
    k = own.x1.shape[1]
    v = (inverse @ middle @ inverse)[k:, k:]
    return float(b[k:] @ np.linalg.solve(v, b[k:]) / len(b[k:]))


def score_test(own: Equation, value: float, labels: np.ndarray | None) -> float:
    """g'S⁻¹g with g = Z₂'e, e and Z₂ residuals of regressions on X₁, the null imposed."""
    y, z = own.partialled()
    m = np.eye(own.n) - (projection(own.x1) if own.x1.size else 0.0)
    e = m @ own.y - y[:, 0] * value
    g = z.T @ e
    return float(g @ np.linalg.solve(summed(z * e[:, None], labels), g))


def pagan_hall(own: Equation) -> float:
    """Their general statistic, as Baum, Schaffer and Stillman (2003), section 5, write it.

    n d̂'B̂⁻¹d̂ with ψ the instruments but the constant, B̂ = B₁ + B₂ + B₃ + B₄, everything by n.
    """
    n, e, x = own.n, own.residuals, own.x
    psi = own.z - own.z.mean(axis=0)
    psi = psi[:, np.abs(psi).max(axis=0) > 1e-12]
    s2, m3, m4 = (np.mean(e**power) for power in (2, 3, 4))
    hat = projection(own.z) @ x
    d = psi.T @ (e**2 - s2) / n
    gamma = psi.T @ (x * e[:, None]) / n
    inverse = np.linalg.inv(hat.T @ hat / n)
    b1 = (m4 - s2**2) * psi.T @ psi / n
    b2 = -2 * m3 * psi.T @ hat / n @ inverse @ gamma.T
    b4 = 4 * s2 * gamma @ inverse @ gamma.T
    return float(n * d @ np.linalg.solve(b1 + b2 + b2.T + b4, d))


def lags_within(e: np.ndarray, lags: int, labels: np.ndarray | None) -> np.ndarray:
    """Row t holds e of the rows 1, …, lags before in the same panel, row by row."""
    out = np.zeros((len(e), lags))
    for t in range(len(e)):
        label = None if labels is None else labels[t]
        before = [s for s in range(t) if labels is None or labels[s] == label][::-1]
        for lag, s in enumerate(before[:lags]):
            out[t, lag] = e[s]
    return out


def godfrey(own: Equation, lags: int, labels: np.ndarray | None = None) -> float:
    """Wald statistic of the lags of e in 2SLS of y on X and them, by their number."""
    before = lags_within(own.residuals, lags, labels)
    x, z = np.hstack([own.x, before]), np.hstack([own.z, before])
    hat = projection(z) @ x
    inverse = np.linalg.inv(hat.T @ hat)
    b = inverse @ hat.T @ own.y
    e = own.y - x @ b
    v = (e @ e / (own.n - x.shape[1])) * inverse
    k = own.x.shape[1]
    return float(b[k:] @ np.linalg.solve(v[k:, k:], b[k:]) / lags)


def hausman(
    system: System, sigma: np.ndarray, robust: bool = False, labels: np.ndarray | None = None
) -> tuple[float, int]:
    """2SLS against 3SLS with common instruments: d'V⁺d, V = C(Σ⊗I)C', and the rank of V.

    The robust form sums over rows, or clusters, of C u at the residuals of 2SLS.
    """
    x, y = block_diag(*system.x), np.concatenate(system.y)
    hat = projection(block_diag(*system.z)) @ x
    inverse = np.kron(np.linalg.inv(sigma), np.eye(system.n))
    two = np.linalg.solve(hat.T @ hat, hat.T)
    three = np.linalg.solve(hat.T @ inverse @ hat, hat.T @ inverse)
    c, d = two - three, (two - three) @ y
    root = np.kron(np.linalg.cholesky(sigma), np.eye(system.n))
    size = np.linalg.norm(two @ root, axis=1)
    u, values, _ = np.linalg.svd((c @ root) / size[:, None], full_matrices=False)
    axes = u[:, values > 1e-9] / values[values > 1e-9] / size[:, None]
    gap = axes.T @ d
    if not robust:
        return float(gap @ gap), len(gap)
    residuals = y - x @ (two @ y)
    rows = (axes.T @ c * residuals).reshape(len(gap), -1, system.n).sum(axis=1).T
    return float(gap @ np.linalg.solve(summed(rows, labels), gap)), len(gap)
