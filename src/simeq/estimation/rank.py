"""Rank by name: collinear regressors, redundant instruments, equations that are not identified."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simeq.design.design import Design
from simeq.errors import (
    CollinearityError,
    DataError,
    IdentificationError,
    RankWarning,
    SimeqWarning,
    count,
    listing,
    warn,
)
from simeq.linalg.bases import RANK_TOL, Basis, FloatArray, basis, distances
from simeq.linalg.triangle import Factor

#: A dependent whose deviations from its mean are below this share of it is constant.
CONSTANT_TOL = 4e-15


def regressor_bases(design: Design, factor: Factor, rank: str) -> list[Basis]:
    """Check each equation's regressors and dependent, and return the regressors' bases.

    Parameters
    ----------
    design : Design
    factor : Factor
    rank : {"raise", "drop"}
        What to do with collinear regressors.

    Raises
    ------
    CollinearityError
        If regressors are collinear and ``rank="raise"``.
    DataError
        If there are fewer rows than regressors, or a dependent is constant.
    """
    found = []
    for label, y, x in zip(design.labels, design.dependents, design.regressors, strict=True):
        own = basis(factor.r[:, x])
        if own.set_aside and factor.nobs < len(x):
            raise DataError(
                f"Equation {label} has {count(len(x), 'regressor')} but only "
                f"{count(factor.nobs, 'row')}; use fewer regressors or more rows."
            )
        _refuse_constant(label, design.names[y], factor.r[:, y], factor)
        if own.set_aside:
            text = _collinear_text(label, own, [design.names[j] for j in x])
            if rank == "raise":
                raise CollinearityError(f"{text} Remove it, or set rank='drop'.")
            warn(f"{text} It is dropped.", RankWarning)
        found.append(own)
    return found


def _refuse_constant(label: str, name: str, y: FloatArray, factor: Factor) -> None:
    """Raise when a dependent does not vary."""
    unit = y / (np.abs(y).max(initial=0.0) or 1.0)
    if np.linalg.norm(factor.centred(unit)) <= CONSTANT_TOL * np.linalg.norm(unit):
        raise DataError(
            f"Equation {label}: the dependent {name} is constant in the sample of "
            f"{count(factor.nobs, 'row')}; leave the equation out, or use rows in which it varies."
        )


def _collinear_text(label: str, own: Basis, names: Sequence[str]) -> str:
    """Say which regressors lie in the span of which others."""
    texts = []
    for j, others in own.set_aside:
        if others:
            texts.append(f"{names[j]} lies in the span of {listing(names[i] for i in others)}")
        else:
            texts.append(f"{names[j]} is zero in every row")
    return f"Equation {label}: the regressors are collinear: {'; '.join(texts)}."


def instruments(design: Design, factor: Factor) -> list[Basis]:
    """Bases of each equation's instruments; the same object where equations share a list."""
    made: dict[tuple[int, ...], Basis] = {}
    for own in design.instruments:
        if own not in made:
            made[own] = basis(factor.r[:, own])
    return [made[own] for own in design.instruments]


def warn_of_redundant(design: Design, bases: Sequence[Basis]) -> None:
    """Warn of instruments that lie in the span of earlier ones and are set aside."""
    for own, found in dict(zip(design.instruments, bases, strict=True)).items():
        for j, others in found.set_aside:
            names = [design.names[own[i]] for i in others]
            span = f"in the span of {listing(names)}" if names else "zero in every row"
            warn(
                f"The instrument {design.names[own[j]]} is redundant ({span}) and set aside.",
                RankWarning,
            )


def warn_of_no_endogenous(title: str, status: Sequence[tuple[bool, ...]]) -> None:
    """Warn when all regressors are exogenous, so that instruments change nothing."""
    if all(known for own in status for known in own):
        warn(
            f"{title} without an endogenous regressor is the same as without instruments; name "
            f"them in endog, or give instruments.",
            SimeqWarning,
        )


def exogenous(
    design: Design, factor: Factor, used: Sequence[tuple[int, ...]], bases: Sequence[Basis]
) -> list[tuple[bool, ...]]:
    """For each equation, whether each regressor is exogenous.

    With a list of instruments given, those are the regressors in its span; under the rule for
    endog and exog, those among the instruments.
    """
    found = []
    for own, listed, z in zip(used, design.instruments, bases, strict=True):
        known = set(listed)
        others = [j for j in own if j not in known]
        if design.instruments_given and others:
            away = distances(factor.r[:, others], z.q)
            known |= {j for j, distance in zip(others, away, strict=True) if distance <= RANK_TOL}
        found.append(tuple(j in known for j in own))
    return found


def roles(
    design: Design, used: Sequence[tuple[int, ...]], status: Sequence[tuple[bool, ...]]
) -> list[tuple[str, str, str]]:
    """Equation, term and role of each dependent, regressor and excluded instrument."""
    rows = []
    for i, label in enumerate(design.labels):
        rows.append((label, design.names[design.dependents[i]], "dependent"))
        for j, known in zip(used[i], status[i], strict=True):
            rows.append((label, design.names[j], "exogenous" if known else "endogenous"))
        excluded = [j for j in design.instruments[i] if j not in used[i]]
        rows += [(label, design.names[j], "instrument") for j in excluded]
    return rows


def require_more_rows_than_instruments(
    design: Design, factor: Factor, bases: Sequence[Basis]
) -> None:
    """Check that each equation has more rows than instruments.

    Raises
    ------
    IdentificationError
    """
    for label, z in zip(design.labels, bases, strict=True):
        rank = z.q.shape[1]
        if factor.nobs <= rank:
            raise IdentificationError(
                f"Equation {label} has {count(rank, 'instrument')} and only "
                f"{count(factor.nobs, 'row')}: two-stage least squares would equal OLS. Use fewer "
                f"instruments or more rows."
            )


def require_identified(
    design: Design,
    used: Sequence[tuple[int, ...]],
    bases: Sequence[Basis],
    within: Sequence[Basis],
    status: Sequence[tuple[bool, ...]],
) -> None:
    """Check the order and the sample rank condition of each equation.

    Parameters
    ----------
    design : Design
    used : G tuples of int
        Regressors that are kept.
    bases : G bases
        Of the instruments.
    within : G bases
        Of the regressors on the instruments.
    status : G tuples of bool
        Whether each regressor is exogenous.

    Raises
    ------
    IdentificationError
        Naming the equation, its endogenous regressors and its excluded instruments.
    """
    for i, found in enumerate(within):
        if found.set_aside:
            own = used[i]
            independent = [design.instruments[i][j] for j in bases[i].kept]
            excluded = [design.names[j] for j in independent if j not in own]
            endogenous = [design.names[j] for j, e in zip(own, status[i], strict=True) if not e]
            lost = design.names[own[found.set_aside[0][0]]]
            raise IdentificationError(_not_identified(design.labels[i], endogenous, excluded, lost))


def _not_identified(
    label: str, endogenous: Sequence[str], excluded: Sequence[str], lost: str
) -> str:
    """Count what an equation has and lacks, and say what to do."""
    listed = f" ({listing(excluded)})" if excluded else ""
    text = (
        f"Equation {label} is not identified: "
        f"{count(len(endogenous), 'endogenous regressor')} ({listing(endogenous)}), "
        f"{count(len(excluded), 'excluded instrument')}{listed}."
    )
    if len(excluded) >= len(endogenous):
        text += (
            f" The instruments do not move {lost} apart from the other regressors: the sample "
            f"rank condition fails."
        )
    return (
        f"{text} Add instruments or constraints, or drop regressors; what is exogenous belongs "
        f"among the instruments."
    )
