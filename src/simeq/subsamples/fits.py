"""One system in several forms: each control left out in turn, each group of rows by itself."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from simeq.data.row_labels import Groups, split_pair
from simeq.design.design import compress
from simeq.design.sample_rows import SampleRows
from simeq.design.without_terms import leaving, require_regressors, without
from simeq.errors import ConstraintError, DataError, RankWarning, SimeqError
from simeq.estimation.system import System
from simeq.estimators.choices import Choices
from simeq.estimators.estimator import Estimator
from simeq.formula.constraints import Constraints, read_constraints
from simeq.formula.terms import Term
from simeq.linalg.bases import IntArray
from simeq.linalg.triangle import Factor
from simeq.moments.request import read_request
from simeq.resampling.plan import resampling_plan
from simeq.results.comparison import Comparison
from simeq.subsamples.batch import GroupEstimates, estimate_each
from simeq.subsamples.collected import CollectedFits
from simeq.subsamples.equality import GroupComparison

if TYPE_CHECKING:
    from simeq.model import SystemEquations

#: Makes a model of a system and its rows.
ModelOf: TypeAlias = Callable[[System, SampleRows | None], "SystemEquations"]

#: Arguments of `SystemEquations.fit` by name.
Options: TypeAlias = Mapping[str, Any]


# ---------------------------------------------------------------------- controls left out


def fit_dropping(
    system: System,
    rows: SampleRows | None,
    columns: Sequence[str],
    model_of: ModelOf,
    options: Options,
) -> Comparison:
    """Estimate a system in full, then without each column in turn, on the same factor R.

    Parameters
    ----------
    system : System
    rows : SampleRows or None
    columns : sequence of str
        Data columns, or terms by name.
    model_of : callable
    options : mapping
        Arguments of `SystemEquations.fit`.

    Raises
    ------
    SimeqError
        If a name is not known, or as `SystemEquations.fit` for the full model.
    """
    if not columns or not all(isinstance(name, str) for name in columns):
        raise SimeqError("Name columns to leave out one by one, as text: fit_dropping('x', 'z').")
    gone = {name: leaving(system.design, name) for name in columns}
    forms = CollectedFits("")
    with forms.hear(None, "Full model"):
        forms.results[None] = model_of(system, rows).fit(**options)
    if None in forms.errors:
        raise forms.errors[None]
    for name, terms in gone.items():
        with forms.hear(name, _minus(name)):
            smaller, own = _smaller(system, rows, terms)
            given = {**options, **_constraints_of(options, system, smaller)}
            forms.results[name] = model_of(smaller, own).fit(**given)
    forms.tell()
    names = [forms.names[name] for name in forms.results]
    return Comparison(forms.results, names, forms.failed, forms.remarks)


def _minus(name: str) -> str:
    return f"−{name}"


def _smaller(
    system: System, rows: SampleRows | None, gone: frozenset[Term]
) -> tuple[System, SampleRows | None]:
    """Return the system without some terms, on the same R unless categories are coded anew."""
    values = None if rows is None else rows.values
    design = without(system.design, gone, values)
    factor = system.factor
    if design.names != factor.names and values is not None:
        factor = compress(design, values)
    return System(design, factor, "drop"), None if values is None else SampleRows(design, values)


# ---------------------------------------------------------------------- groups of rows


def fit_by(
    system: System, rows: SampleRows, given: Any, model_of: ModelOf, options: Options
) -> GroupComparison:
    """Estimate a system in each group of rows, one factor R for each in one pass over the rows.

    Parameters
    ----------
    system : System
    rows : SampleRows
    given : str or array
        A column's name, or a label for each row.
    model_of : callable
    options : mapping
        Arguments of `SystemEquations.fit`.

    Raises
    ------
    SimeqError
        If no group can be estimated.
    """
    groups = rows.groups(given, "groups")
    read_request(options.get("cov_type", "nonrobust"), options.get("cov_kwds"))
    options = _labels_by_row(options, rows)
    labels = pd.Index(groups.labels).tolist()
    forms = CollectedFits(f"{groups.name} = ")
    parts = zip(labels, _in_print(groups), rows.factors(groups), groups.members, strict=True)
    for label, name, factor, members in parts:
        text = f"{groups.name} = {name}, {factor.nobs:,} of {rows.nobs:,} rows."
        with forms.hear(label, name):
            part = _part(system, factor, text)
            own = {**_chosen_rows(options, members), **_constraints_of(options, system, part)}
            model = model_of(part, rows.part(part.design, members))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RankWarning)  # instruments that vanish in a group
                forms.results[label] = model.fit(**own)
    _require_one(forms, groups)
    forms.note_lost(system)
    forms.tell()
    names = [forms.names[label] for label in forms.results]
    shared = _shared(options, rows, groups)
    return GroupComparison(forms.results, names, forms.failed, forms.remarks, shared)


def fit_each(
    system: System, rows: SampleRows, given: Any, estimator: Estimator, choices: Choices
) -> GroupEstimates:
    """Estimate a system in each group of rows, all groups in one batch of small solves.

    Raises
    ------
    IdentificationError
        If the whole sample does not identify an equation.
    DataError
        If no group can be estimated.
    """
    groups = rows.groups(given, "groups")
    if estimator.see(system).z:
        system.require_identified(constrained=False)
    plan = resampling_plan(system, rows, groups, estimator, choices, None)
    return estimate_each(plan, groups, system.index, choices.use_t)


def _part(system: System, factor: Factor, text: str) -> System:
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


def _shared(options: Options, rows: SampleRows, groups: Groups) -> str:
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


def _chosen_rows(options: Options, members: IntArray) -> dict[str, Any]:
    """Return the options, arrays of labels in ``cov_kwds`` for a group's rows alone."""
    kinds = dict(options.get("cov_kwds") or {})
    for option, given in kinds.items():
        if option in ("groups", "time") and not isinstance(given, str):
            own = [label if isinstance(label, str) else label[members] for label in given]
            kinds[option] = own if len(own) > 1 else own[0]
    return {**options, "cov_kwds": kinds} if kinds else dict(options)


# ---------------------------------------------------------------------- what forms share


def _constraints_of(options: Options, whole: System, part: System) -> dict[str, Constraints]:
    """Return constraints on the coefficients of a part of a system.

    Raises
    ------
    ConstraintError
        If one ties a coefficient that the part has not.
    """
    given = options.get("constraints")
    if given is None:
        return {}
    r, q, texts = read_constraints(given, whole.coefficient_names)
    place = {name: j for j, name in enumerate(part.coefficient_names)}
    out = np.zeros((len(r), len(place)))
    for name, own in zip(whole.coefficient_names, r.T, strict=True):
        if name in place:
            out[:, place[name]] = own
        elif own.any():
            text = texts[int(np.flatnonzero(own)[0])]
            raise ConstraintError(f"The constraint {text} ties {name}, which is not there.")
    is_text = isinstance(given, str) or all(isinstance(own, str) for own in given)
    return {"constraints": given if is_text else (out, q)}
