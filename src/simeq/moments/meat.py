"""The middle of a sandwich: Σ s s' over rows, clusters or lags, as a request asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from simeq.data.row_labels import Groups, split_pair
from simeq.design.sample_rows import SampleRows
from simeq.errors import DataError
from simeq.linalg.bases import FloatArray, IntArray
from simeq.moments import sandwich
from simeq.moments.request import Request
from simeq.moments.scores import Scores


@dataclass(frozen=True)
class RowScores:
    """Scores of an estimate on the rows of the sample, with the coefficients' names."""

    scores: Scores
    sample_rows: SampleRows
    names: tuple[str, ...]

    @property
    def nobs(self) -> int:
        """Rows of the sample."""
        return self.sample_rows.design.sample.nobs

    def blocks(self) -> Iterator[FloatArray]:
        """Scores (rows, p), block by block."""
        return self.scores.blocks(self.sample_rows.blocks)

    def whole(self) -> FloatArray:
        """Scores (n, p)."""
        return np.concatenate(list(self.blocks()))

    def in_units(self) -> FloatArray:
        """Scores (n, K) of the regressors as they are, in which bandwidths are chosen."""
        return np.concatenate(list(self.scores.in_units(self.sample_rows.blocks)))

    def groups(self, given: Any, what: str) -> Groups:
        """Match labels to the rows."""
        return self.sample_rows.groups(given, what)

    def periods(self, given: Any) -> Groups:
        """Match times to the rows."""
        return self.sample_rows.periods(given, "time")


@dataclass(frozen=True)
class Meat:
    """Σ s s' with what it was summed over.

    Attributes
    ----------
    matrix : (p, p) array
    note : str
        What it is, in words.
    terms : int
        Sums of scores in it: rows, clusters or periods. Its rank is less.
    of : {"row", "cluster", "period"}
        What each sum is of.
    n_groups : int or None
        Clusters, the smaller number of two-way ones.
    lags : float or None
        Lags of a kernel, given or automatic.
    """

    matrix: FloatArray
    note: str
    terms: int
    of: str = "row"
    n_groups: int | None = None
    lags: float | None = None


def _heteroskedastic(request: Request, rows: RowScores) -> Meat:
    """Sum over rows."""
    note = f"heteroskedasticity-robust sandwich across equations, {request.name}"
    return Meat(sandwich.heteroskedastic(rows.blocks()), note, rows.nobs)


def _clustered(request: Request, rows: RowScores) -> Meat:
    """One-way clusters, or two-way ones by inclusion and exclusion; Cameron et al. (2011)."""
    pair = split_pair(request["groups"])
    if len(pair) > 2:
        raise DataError(f"groups holds {len(pair)} groupings; clusters are one-way or two-way.")
    ways = [rows.groups(given, "groups") for given in pair]
    meat = sum(_one_way(request, rows, groups) for groups in ways)
    if len(ways) == 2:
        meat = meat - _one_way(request, rows, ways[0].crossed(ways[1]))
    numbers = " and ".join(f"{groups.number} of {groups.name}" for groups in ways)
    fewest = min(groups.number for groups in ways)
    note = f"clustered across equations, {numbers}"
    return Meat(np.asarray(meat), note, fewest, "cluster", fewest)


def _one_way(request: Request, rows: RowScores, groups: Groups) -> FloatArray:
    """Sum over clusters of one kind."""
    if groups.number < 2:
        raise DataError(
            f"groups: {groups.name} has one cluster; clustered errors need two at the least, and "
            f"are worth little below some ten."
        )
    sums = sandwich.group_sums(rows.blocks(), groups.codes, groups.number)
    factor = groups.number / (groups.number - 1.0) if request.use_correction else 1.0
    return factor * sandwich.clustered(sums)


def _in_time(request: Request, rows: RowScores) -> Meat:
    """Sum over rows and their lags, rows being one series."""
    _require_order(request["time"], rows)
    scores = rows.whole()
    kernel, lags = _kernel(request, len(scores), rows.in_units)
    meat = sandwich.serially_correlated(scores, kernel)
    return Meat(meat, _hac_note(request, lags), len(scores), lags=lags)


def _require_order(given: Any, rows: RowScores) -> None:
    """Check that time increases from row to row: what was given, or an index of dates."""
    index = rows.sample_rows.index
    dated = isinstance(index, pd.DatetimeIndex | pd.PeriodIndex)
    if given is None and not dated:
        return
    time = rows.periods(index if given is None else given)
    still = np.flatnonzero(np.diff(time.codes) <= 0)
    if still.size:
        name = "the index" if given is None else time.name
        raise DataError(
            f"time: {name} does not increase at row {still[0] + 2} of the sample; sort the "
            f"data by time, or use 'hac-panel' or 'hac-groupsum' for a panel."
        )


def _in_panels(request: Request, rows: RowScores) -> Meat:
    """Sum over rows and their lags within panels."""
    groups = rows.groups(request["groups"], "groups")
    order = np.argsort(groups.codes, kind="stable")
    if request["time"] is not None:
        _require_order_within(groups, rows.groups(request["time"], "time"), order)
    scores = rows.whole()[order]
    longest = int(np.bincount(groups.codes).max())
    kernel, lags = _kernel(request, longest, lambda: rows.in_units()[order])
    meat = sandwich.serially_correlated_in_panels(scores, groups.codes[order], kernel)
    note = f"{_hac_note(request, lags)} within {groups.number} of {groups.name}"
    return Meat(meat, note, len(scores), lags=lags)


def _require_order_within(panels: Groups, time: Groups, order: IntArray) -> None:
    """Check that time increases within each panel, rows taken in the order of the panels."""
    within = np.diff(panels.codes[order]) == 0
    still = np.flatnonzero((np.diff(time.codes[order]) <= 0) & within)
    if still.size:
        before, row = order[still[0]], order[still[0] + 1]
        earlier, later = time.by_row[before], time.by_row[row]
        text = " (text stands in alphabetical order: give numbers, dates or ordered categories)"
        raise DataError(
            f"time does not increase within each panel: in {panels.by_row[row]} of {panels.name}, "
            f"{later} follows {earlier} at row {row + 1} of the sample"
            f"{text if isinstance(later, str) else ''}; sort the data by time."
        )


def _by_period(request: Request, rows: RowScores) -> Meat:
    """Serial correlation of the sums by period; Driscoll and Kraay (1998)."""
    time = rows.periods(request["time"])
    if time.number < 2:
        raise DataError(
            f"time: {time.name} has one period, over which scores add up to zero; use 'cluster' "
            f"errors by unit, or 'HC1'."
        )
    sums = sandwich.group_sums(rows.blocks(), time.codes, time.number)
    units = rows.scores.in_units(rows.sample_rows.blocks)
    kernel, lags = _kernel(
        request, time.number, lambda: sandwich.group_sums(units, time.codes, time.number)
    )
    meat = sandwich.serially_correlated(sums, kernel)
    note = f"{_hac_note(request, lags)} of sums over {time.number} of {time.name}"
    return Meat(meat, note, time.number, "period", lags=lags)


def _kernel(request: Request, n: int, scores: Callable[[], FloatArray]) -> tuple[FloatArray, float]:
    """Kernel of n periods and the number of lags, given or automatic."""
    lags = request["maxlags"]
    if lags is None:
        lags = min(sandwich.automatic_lags(scores(), request.kernel), n - 1)
    numeric = isinstance(lags, int | float | np.integer | np.floating)
    if not numeric or isinstance(lags, bool) or not 0 <= lags < n:
        raise DataError(
            f"maxlags must be from 0 to {n - 1}, one less than the periods there are; not {lags!r}."
        )
    lags = float(lags) if request.kernel == "qs" else int(lags)
    return sandwich.kernel_values(request.kernel, lags, n), float(lags)


def _hac_note(request: Request, lags: float) -> str:
    """Say which kernel, and how many lags."""
    return f"serial correlation and heteroskedasticity, {request.kernel} kernel, {lags:g} lags"


MAKERS: Mapping[str, Callable[[Request, RowScores], Meat]] = {
    "HC0": _heteroskedastic,
    "HC1": _heteroskedastic,
    "cluster": _clustered,
    "HAC": _in_time,
    "hac-panel": _in_panels,
    "hac-groupsum": _by_period,
}
