"""Each group of rows by itself: one factor R for each, in one pass over the rows."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from simeq.data.row_labels import Groups, split_pair
from simeq.design.sample_rows import SampleRows, require_rows
from simeq.design.without_terms import require_regressors
from simeq.errors import DataError, RankWarning
from simeq.estimation.system import System
from simeq.linalg.bases import IntArray
from simeq.linalg.triangle import Factor
from simeq.moments.request import read_request
from simeq.subsamples.collected import CollectedFits
from simeq.subsamples.equality import GroupComparison
from simeq.subsamples.parts import FittableModel, Options, constraints_on, part_of


def fit_by(
    model: FittableModel, groups: Any, method: str = "3sls", **options: Any
) -> GroupComparison:
    """Estimate the system in each group of rows.

    Terms are as the whole sample gave them: lags, categories, what ``center`` learned. A column
    that is zero or collinear in a group gets no estimate there, with a warning. A group that
    cannot be estimated is named in a warning and in ``failed``, the others go on.

    Parameters
    ----------
    groups : str or array
        A column's name, or a label for each row of the data or of the sample.
    method, options
        As in `fit`; arrays in ``cov_kwds`` have a label for each row of all groups.

    Returns
    -------
    GroupComparison
        With ``results`` by the group's value, ``failed``, and ``equality_test()``.

    Raises
    ------
    SimeqError
        If a row has no label, or no group can be estimated.
    """
    rows = require_rows(model.sample_rows, "groups of rows")
    known = rows.groups(groups, "groups")
    read_request(options.get("cov_type", "nonrobust"), options.get("cov_kwds"))
    options = _labels_by_row(options, rows)
    forms = CollectedFits(f"{known.name} = ")
    labels, whole = pd.Index(known.labels).tolist(), model.system
    parts = zip(labels, _in_print(known), rows.factors(known), known.members, strict=True)
    for label, name, factor, members in parts:
        text = f"{known.name} = {name}, {factor.nobs:,} of {rows.nobs:,} rows."
        with forms.hear(label, name):
            system = _of_group(whole, factor, text)
            given = {**_of_members(options, members), **constraints_on(options, whole, system)}
            part = part_of(model, system, rows.part(system.design, members))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RankWarning)  # instruments that vanish in a group
                forms.results[label] = part.fit(method, **given)
    _require_one(forms, known)
    forms.note_lost(whole)
    forms.tell()
    names = [forms.names[label] for label in forms.results]
    shared = _shared_clusters(options, rows, known)
    return GroupComparison(forms.results, names, forms.failed, forms.remarks, shared)


def _of_group(system: System, factor: Factor, text: str) -> System:
    """Return the system on a group's factor, columns that are zero there left out."""
    there = dict(zip(factor.names, np.atleast_1d(factor.r.any(axis=0)), strict=True))
    lists = [tuple(column for column in own if there[column.name]) for own in system.design.lists]
    sample = replace(
        system.design.sample, n_rows=factor.nobs, nobs=factor.nobs, missing={}, part=text
    )
    names = system.design.names
    absent = tuple(tuple(j for j in own if not there[names[j]]) for own in system.design.regressors)
    design = replace(system.design.using(lists), sample=sample, absent=absent)
    require_regressors(design)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RankWarning)
        return System(design, factor, "drop")


def _require_one(forms: CollectedFits, groups: Groups) -> None:
    """Check that a group could be estimated; else raise the first one's error."""
    if not forms.results:
        label, error = next(iter(forms.errors.items()))
        of = "" if groups.name == "groups" else f" of {groups.name}"
        raise type(error)(
            f"None of the {groups.number:,} groups{of} can be estimated. {forms.names[label]}: "
            f"{error}"
        ) from error


def _in_print(groups: Groups) -> list[str]:
    """Labels as text in one line, dates without a time where none has one."""
    labels = pd.Index(groups.labels)
    texts = labels.astype(str) if isinstance(labels, pd.DatetimeIndex) else map(str, labels)
    return [" ".join(text.split()) for text in texts]


def _shared_clusters(options: Options, rows: SampleRows, groups: Groups) -> str:
    """Name the clusters, or the periods summed over, that have rows in several groups."""
    kinds = options.get("cov_kwds") or {}
    given = kinds.get("groups", kinds.get("time"))
    for own in [] if given is None else split_pair(given):
        try:
            clusters = rows.groups(own, "clusters")
        except DataError:  # labels are missing, which the groups that lack them have reported
            continue
        if clusters.crossed(groups).number > clusters.number:
            return clusters.name
    return ""


def _labels_by_row(options: Options, rows: SampleRows) -> dict[str, Any]:
    """Return the options, arrays of labels in ``cov_kwds`` brought to the rows of the sample."""
    kinds = dict(options.get("cov_kwds") or {})
    clusters, time = kinds.get("groups"), kinds.get("time")
    if clusters is not None and not isinstance(clusters, str):
        kinds["groups"] = [
            own if isinstance(own, str) else rows.groups(own, "groups").by_row
            for own in split_pair(clusters)
        ]
    if time is not None and not isinstance(time, str):
        periods = rows.periods(time, "time")
        order = pd.Index(periods.labels)
        kinds["time"] = [pd.Categorical.from_codes(periods.codes, order, ordered=True)]
    return {**options, "cov_kwds": kinds} if kinds else dict(options)


def _of_members(options: Options, members: IntArray) -> dict[str, Any]:
    """Return the options, arrays of labels in ``cov_kwds`` for a group's rows alone."""
    kinds = dict(options.get("cov_kwds") or {})
    for option, given in kinds.items():
        if option in ("groups", "time") and not isinstance(given, str):
            own = [label if isinstance(label, str) else label[members] for label in given]
            kinds[option] = own if len(own) > 1 else own[0]
    return {**options, "cov_kwds": kinds} if kinds else dict(options)
