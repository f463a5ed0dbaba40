"""Covariance of scores: heteroskedastic, clustered, serially correlated. Arrays only."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from simeq.linalg.bases import FloatArray, IntArray

#: Lags beyond which a sum over frequencies is shorter.
MANY_LAGS = 40


def heteroskedastic(blocks: Iterable[FloatArray]) -> FloatArray:
    """Σ_t s_t s_t' from blocks of scores (rows, p); White (1980)."""
    return np.asarray(sum(block.T @ block for block in blocks))


def group_sums(blocks: Iterable[FloatArray], codes: IntArray, number: int) -> FloatArray:
    """Sums of scores by group (g, p), from blocks in row order."""
    total: FloatArray | None = None
    start = 0
    for block in blocks:
        own = codes[start : start + len(block)]
        total = np.zeros((number, block.shape[1])) if total is None else total
        first = int(own.min())
        size = int(own.max()) - first + 1
        for j, column in enumerate(block.T):
            total[first : first + size, j] += np.bincount(own - first, column, size)
        start += len(block)
    return np.zeros((number, 0)) if total is None else total


def clustered(sums: FloatArray) -> FloatArray:
    """Σ_c s_c s_c' from the sums of scores by cluster (g, p); Liang and Zeger (1986)."""
    return np.asarray(sums.T @ sums)


def serially_correlated(scores: FloatArray, kernel: FloatArray) -> FloatArray:
    """w_0 Γ_0 + Σ_l w_l (Γ_l + Γ_l') with Γ_l = Σ_t s_t s_{t−l}'; Newey and West (1987).

    Parameters
    ----------
    scores : (n, p) array in the order of time
    kernel : (l + 1,) array

    Notes
    -----
    Where there are many lags, as with the quadratic spectral kernel, the sum is taken over
    frequencies: that of the scores' periodogram, weighted by the transform of the kernel.
    """
    if len(kernel) > MANY_LAGS:
        return _over_frequencies(scores, kernel[: len(scores)])
    return _kernel_sum(scores, kernel, lambda lag: (scores[lag:], scores[:-lag]))


def _over_frequencies(scores: FloatArray, kernel: FloatArray) -> FloatArray:
    """Σ_f ŵ(f) ŝ(f) ŝ(f)* / N, on N frequencies that keep the ends of the sample apart."""
    lags = len(kernel) - 1
    size = 1 << (len(scores) + lags - 1).bit_length()  # a power of two that holds them
    both_sides = np.concatenate([kernel, np.zeros(size - 2 * lags - 1), kernel[:0:-1]])
    transform = np.fft.rfft(both_sides).real
    transform[1:-1] *= 2.0  # each stands for its negative too
    at = np.fft.rfft(scores, size, axis=0)
    return np.asarray(((at.conj().T * transform) @ at).real / size)


def serially_correlated_in_panels(
    scores: FloatArray, codes: IntArray, kernel: FloatArray
) -> FloatArray:
    """Newey–West within panels, added up: rows sorted by panel and time (n, p)."""

    def pairs(lag: int) -> tuple[FloatArray, FloatArray]:
        together = codes[lag:] == codes[:-lag]
        return scores[lag:][together], scores[:-lag][together]

    return _kernel_sum(scores, kernel, pairs)


def _kernel_sum(
    scores: FloatArray,
    kernel: FloatArray,
    pairs: Callable[[int], tuple[FloatArray, FloatArray]],
) -> FloatArray:
    """w_0 Γ_0 + Σ_l w_l (Γ_l + Γ_l') of the pairs of rows that are `lag` periods apart."""
    total = kernel[0] * (scores.T @ scores)
    for lag in range(1, min(len(kernel), len(scores))):
        later, earlier = pairs(lag)
        gamma = later.T @ earlier
        total = total + kernel[lag] * (gamma + gamma.T)
    return np.asarray(total)


# ---------------------------------------------------------------------- kernels

#: Pilot exponent, order and constant of Newey and West (1994), table II.
_RULES = {"bartlett": (2 / 9, 1, 1.1447), "parzen": (4 / 25, 2, 2.6614), "qs": (2 / 25, 2, 1.3221)}
KERNELS = tuple(_RULES)


def kernel_values(name: str, maxlags: float, n: int) -> FloatArray:
    """Values of a kernel at lags 0, 1, …; the quadratic spectral one has all n − 1 of them."""
    if name == "qs":
        if maxlags == 0:
            return np.ones(1)
        x = 6.0 * np.pi / 5.0 * np.arange(1, n) / maxlags
        return np.concatenate([[1.0], 3.0 / x**2 * (np.sin(x) / x - np.cos(x))])
    z = np.arange(int(maxlags) + 1) / (int(maxlags) + 1)
    if name == "parzen":
        return np.where(z <= 0.5, 1.0 - 6.0 * z**2 + 6.0 * z**3, 2.0 * (1.0 - z) ** 3)
    return np.asarray(1.0 - z)


def automatic_lags(scores: FloatArray, kernel: str) -> int:
    """Bandwidth of Newey and West (1994), from the sum of the standardised scores (n, p)."""
    exponent, order, constant = _RULES[kernel]
    n = len(scores)
    spread = scores.std(axis=0)
    x = (scores / np.where(spread > 0.0, spread, 1.0)).sum(axis=1)
    pilot = min(int(np.ceil(4.0 * (n / 100.0) ** exponent)), n - 1)
    lags = np.arange(1, pilot + 1)
    gamma = np.array([x[lag:] @ x[: n - lag] for lag in lags]) / n
    level = x @ x / n + 2.0 * gamma.sum()
    slope = 2.0 * (gamma * lags**order).sum()
    rate = 1.0 / (2.0 * order + 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):  # two sums, which are opposite: 1/0
        bandwidth = constant * ((slope / level) ** 2) ** rate * n**rate
    return int(min(np.ceil(np.nan_to_num(bandwidth)), n - 1))
