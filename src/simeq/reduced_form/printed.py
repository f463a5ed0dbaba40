"""A reduced form in print: direct beside total effects, and what to think of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from simeq.errors import SimeqWarning, count, warn
from simeq.reduced_form.effects import Effects, Measure
from simeq.reduced_form.multipliers import unstable
from simeq.reduced_form.solved import Solved
from simeq.report.pairs_table import pairs_table
from simeq.report.printed_table import PrintedTable, Section, number


def effects_table(solved: Solved, total: Effects, title: str, alpha: float) -> PrintedTable:
    """Lay direct and total effects out, a block for each endogenous variable.

    A row is a column that the variable depends on, by its own equation or by a path; coefficients
    of endogenous variables come last.
    """
    direct = _coefficients(solved)
    frame = total.printed(alpha).rename(columns={"effect": "total"}).reindex(direct.index)
    frame.insert(0, "structural", direct)
    moved = frame["total"].notna() & frame[["total", "std err"]].ne(0.0).any(axis=1)
    shown = frame[frame["structural"].notna() | moved]
    effects = pairs_table(f"Reduced form: {title}", shown, notes(solved, alpha))
    measures = tuple(_row(own, alpha) for own in _measures(solved))
    block = (Section("feedback", measures),) if measures else ()
    return replace(effects, sections=(*effects.sections, *block))


def _coefficients(solved: Solved) -> pd.Series[float]:
    """[C A] over (variable, column), NaN where nothing stands."""
    own, m = solved.structure, len(solved.structure.endogenous)
    there = own.right_sides(np.ones_like(solved.coefficients.b)) != 0.0
    right = np.where(there, own.right_sides(solved.coefficients.b), np.nan)
    pairs = pd.MultiIndex.from_product([own.endogenous, [*own.exogenous, *own.endogenous]])
    return pd.Series(np.hstack([right[:, m:], right[:, :m]]).reshape(-1), pairs)


def _measures(solved: Solved) -> list[Measure]:
    """Measures of feedback, in one period and from period to period, where there is any."""
    found = []
    if solved.structure.loops.any():
        found = [solved.spectral_radius, solved.determinant]
        found = [solved.loop_gain, *found] if len(solved.structure.labels) == 2 else found
    return [*found, solved.dynamic_radius] if solved.structure.has_dynamics else found


def _row(measure: Measure, alpha: float) -> tuple[str, ...]:
    """A measure in the columns of effects: none, number, standard error, none, interval."""
    low, high = measure.conf_int(alpha)
    middle, ends = map(number, (measure.value, measure.bse)), map(number, (low, high))
    return (measure.name, "", *middle, "", *ends)


def notes(solved: Solved, alpha: float) -> tuple[str, ...]:
    """Sentences: where standard errors come from, whether signs are certain and effects fade."""
    found = [_errors(solved), *_signs(solved.determinant, solved, alpha)]
    if solved.structure.has_dynamics and solved.dynamic_radius.value >= 1.0:
        found.append(unstable(solved.dynamic_radius.value))
    return tuple(found)


def _errors(solved: Solved) -> str:
    """Say where standard errors and intervals come from."""
    draws, kind = solved.coefficients.draws, solved.coefficients.kind
    if draws is None:
        of = "" if kind == "nonrobust" else f"; covariance of coefficients: {kind}"
        return f"Standard errors: delta method{of}."
    failed = f", {solved.n_failed:,} failed" if solved.n_failed else ""
    return (
        f"Standard errors: standard deviation of {len(draws):,} draws{failed}; intervals: "
        f"percentiles of the draws."
    )


def _signs(sign: Measure, solved: Solved, alpha: float) -> Iterator[str]:
    """Say what det(I − Γ), its interval and its draws mean for the signs of effects."""
    if sign.value <= 0.0:
        yield turned(solved)
    elif sign.conf_int(alpha)[0] <= 0.0:
        yield "The interval of det(I − Γ) holds 0: total effects may have the other sign."
    if sign.numbers.draws is not None and (sign.numbers.draws <= 0.0).any():
        draws = int((sign.numbers.draws <= 0.0).sum())
        yield f"det(I − Γ) is not positive in {count(draws, 'draw')}."


def turned(solved: Solved) -> str:
    """Say that effects change sign."""
    two = len(solved.structure.labels) == 2
    strength = solved.loop_gain if two else solved.spectral_radius
    determinant = solved.determinant.value
    return (
        f"Effects change sign: det(I − Γ) is {determinant:.3f}, {strength.name} "
        f"{strength.value:.3f}. Each round of feedback moves more than the round before, so that "
        f"no sum of rounds gives the total effects; they solve the equations, and may point "
        f"against the direct effects."
    )


def warn_of_feedback(solved: Solved) -> None:
    """Warn where effects change sign, and where they don't fade."""
    if solved.determinant.value <= 0.0:
        warn(turned(solved), SimeqWarning)
    if solved.structure.has_dynamics:
        radius = solved.dynamic_radius.value
        if radius >= 1.0:
            warn(unstable(radius), SimeqWarning)
