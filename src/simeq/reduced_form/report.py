"""A reduced form in print: direct beside total effects, and what to think of them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simeq.errors import SimeqWarning, count, warn
from simeq.reduced_form.effects import Effects
from simeq.reduced_form.measures import determinant, loop_gain, spectral_radius
from simeq.reduced_form.multipliers import dynamic_radius, unstable
from simeq.reduced_form.printed import pairs_table
from simeq.reduced_form.solved import Solved
from simeq.tables import PrintedTable


def effects_table(solved: Solved, total: Effects, title: str, alpha: float) -> PrintedTable:
    """Lay direct and total effects out, a block for each endogenous variable.

    A row is a column that the variable depends on, by its own equation or by a path; coefficients
    of endogenous variables come last.
    """
    own = solved.structure
    m, columns = len(own.endogenous), [*own.exogenous, *own.endogenous]
    direct = pd.DataFrame(own.right_sides(solved.b), own.endogenous, [*columns[-m:], *columns[:-m]])
    stands = own.right_sides(np.ones_like(solved.b)) != 0.0
    pairs = pd.MultiIndex.from_product([own.endogenous, columns])
    frame = total.printed(alpha).rename(columns={"effect": "total"}).reindex(pairs)
    frame.insert(0, "structural", direct.where(stands)[columns].to_numpy().reshape(-1))
    moved = frame["total"].notna() & frame[["total", "std err"]].ne(0.0).any(axis=1)
    shown = frame[frame["structural"].notna() | moved]
    return pairs_table(f"Reduced form: {title}", shown, notes(solved, alpha))


def notes(solved: Solved, alpha: float) -> tuple[str, ...]:
    """Sentences: where standard errors come from, how strong feedback is, whether it fades."""
    found = [solved.uncertainty.describe()]
    if solved.structure.loops.any():
        found += _feedback(solved, alpha)
    if solved.structure.lags:
        radius = dynamic_radius(solved)
        found.append(f"Dynamics: {radius.describe(alpha)}.")
        found += [unstable(radius.value)] if radius.value >= 1.0 else []
    return tuple(found)


def _feedback(solved: Solved, alpha: float) -> list[str]:
    sign = determinant(solved)
    gain = [loop_gain(solved)] if len(solved.structure.labels) == 2 else []
    parts = [*gain, spectral_radius(solved), sign]
    found = [f"Feedback: {', '.join(own.describe(alpha) for own in parts)}."]
    if sign.value <= 0.0:
        found.append(turned(solved))
    elif sign.conf_int(alpha)[0] <= 0.0:
        found.append("The interval of det(I − Γ) holds 0: total effects may have the other sign.")
    if sign.numbers.draws is not None and (sign.numbers.draws <= 0.0).any():
        draws = sign.numbers.draws
        found.append(f"det(I − Γ) is not positive in {count(int((draws <= 0.0).sum()), 'draw')}.")
    return found


def turned(solved: Solved) -> str:
    """Say that effects change sign."""
    two = len(solved.structure.labels) == 2
    strength = loop_gain(solved) if two else spectral_radius(solved)
    return (
        f"Effects change sign: det(I − Γ) is {determinant(solved).value:.3f}, {strength.name} "
        f"{strength.value:.3f}. Each round of feedback moves more than the round before, so that "
        f"no sum of rounds gives the total effects; they solve the equations, and may point "
        f"against the direct effects."
    )


def warn_of_feedback(solved: Solved) -> None:
    """Warn where effects change sign, and where they don't fade."""
    if determinant(solved).value <= 0.0:
        warn(turned(solved), SimeqWarning)
    if solved.structure.lags:
        radius = dynamic_radius(solved).value
        if radius >= 1.0:
            warn(unstable(radius), SimeqWarning)
