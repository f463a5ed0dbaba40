"""The steps on a whole panel, each on plain arrays with their labels; notes are what to warn of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from coupling.degree import CouplingFormula, couple
from coupling.errors import CouplingError, only
from coupling.index import weighted_sums, weights_inside
from coupling.panel import LabelledArray, everything, keyed
from coupling.scaling import OUTSIDE, Direction, bounds_frame, scale, stored_bounds
from coupling.scoring.scale import LEVELS, Pair, Scale, indicators, pairs_index, positions_by_system
from coupling.weights import FAMILIES, by_subsystem, dominant, match, moments, require_varying

ROUNDING = 1e-12  # what rounding may carry an index beyond its ends


@dataclass(frozen=True)
class Scored:
    """What a panel gives on a scale: scaled indicators, indices, degrees, and its other columns."""

    scaled: pd.DataFrame
    indices: pd.DataFrame
    degrees: pd.DataFrame
    keys: pd.DataFrame


def scale_systems(
    parts: Mapping[Any, LabelledArray],
    directions: Mapping[Pair, Direction],
    ends: tuple[float, float],
    *,
    nan: str,
    constant: str,
    bounds: pd.DataFrame | None = None,
    outside: str = "keep",
) -> tuple[LabelledArray, pd.DataFrame, list[str]]:
    """Scale subsystem by subsystem, so that a message names the column as the panel does.

    Parameters
    ----------
    parts : mapping subsystem → LabelledArray, (n, k_s)
        Indicators in their own units.
    directions : mapping (subsystem, column) → direction
        What a large value means.
    ends : (float, float)
        Of the scale.
    nan, constant, outside
        As in `normalize`.
    bounds : DataFrame, (2, k), optional
        Stored ones over (system, indicator).

    Returns
    -------
    Z : LabelledArray, (n, k)
        Scaled indicators, named by their pairs.
    bounds : DataFrame, (2, k)
        Their bounds.
    notes : list of str
    """
    scaled, notes = {}, list[str]()
    for system, x in parts.items():
        own = [directions[system, name] for name in x.names]
        stored = None if bounds is None else stored_bounds(bounds[system], x.names, None)
        scaled[system] = one = scale(
            x, own, ends, stored=stored, nan=nan, constant=constant, outside=outside
        )
        notes += one.notes
    pairs = [(system, name) for system, one in scaled.items() for name in one.names]
    index = next(iter(parts.values())).index
    Z = LabelledArray(np.hstack([one.z for one in scaled.values()]), tuple(pairs), index, None)
    known = np.concatenate([one.bounds for one in scaled.values()], axis=2)
    return Z, bounds_frame(known, pairs).set_axis(pairs_index(pairs), axis=1), notes


def weigh_systems(
    Z: LabelledArray, weights: Any, *, constant: str, renormalize: bool
) -> tuple[pd.DataFrame, list[str]]:
    """Weights inside each subsystem with what they rest on, over (system, indicator).

    Parameters
    ----------
    Z : LabelledArray, (n, k)
        Scaled indicators; weights rest on its complete rows.
    weights : str, function, mapping or Series
        As `CouplingModel` takes them.
    constant : {"raise", "zero", "drop"}
        Whether CRITIC refuses a constant indicator.
    renormalize : bool
        Whether given weights with another sum are divided by it.
    """
    members = positions_by_system(Z.names)
    columns = pairs_index(Z.names)
    given = not (isinstance(weights, str) or callable(weights))
    if given:
        details, notes = pd.DataFrame({"weight": by_subsystem(weights, columns)}), list[str]()
    else:
        details, notes = _computed(Z, members, weights, constant)
    w = match(details["weight"].to_numpy(), Z.names, "composite_index")
    inside, found = weights_inside(w, members, Z.names, renormalize or not given)
    return details.assign(weight=inside.sum(axis=0)), found if given else notes


def _computed(
    Z: LabelledArray, members: Mapping[Any, list[int]], weights: Any, constant: str
) -> tuple[pd.DataFrame, list[str]]:
    """Weights by a family or a function of the complete rows, a table for each subsystem."""
    complete = ~np.isnan(Z.values).any(axis=1)
    if not complete.any():
        raise CouplingError("Z has no rows.")
    rows = pd.DataFrame(Z.values, Z.index, pairs_index(Z.names))[complete]
    tables, notes = {}, list[str]()
    for system in members:
        tables[system], found = _weigh(pd.DataFrame(rows[system]), weights, constant)
        notes += found
    return pd.concat(tables, names=LEVELS), notes


def _weigh(z: pd.DataFrame, weights: Any, constant: str) -> tuple[pd.DataFrame, list[str]]:
    """Weights of the indicators of one subsystem."""
    names = list(z.columns)
    if len(names) == 1:
        return pd.DataFrame({"weight": 1.0}, index=names), []
    if callable(weights):
        return pd.DataFrame({"weight": match(weights(z), names, "weights")}, index=names), []
    values, groups = z.to_numpy(), everything(len(z))
    if weights == "critic" and constant == "raise":
        require_varying(moments(values, groups)[1], names)
    columns: dict[str, Any] = FAMILIES[weights](values, groups)
    table = {name: column[0] for name, column in columns.items()}
    return pd.DataFrame(table, index=names), dominant(columns["weight"], names, groups)


def add_up(Z: LabelledArray, scale: Scale) -> tuple[LabelledArray, list[str]]:
    """Index of each subsystem, (n, S), set to the end where new data carried it beyond [0, 1]."""
    U = weighted_sums(Z.values, scale.inside[np.newaxis], list(scale.members.values()))
    names, notes = tuple(scale.members), []
    beyond = (U < -ROUNDING) | (U > 1 + ROUNDING)
    if beyond.any():
        row, column = np.argwhere(beyond)[0]
        notes.append(
            f"Index {names[column]!r} is {U[row, column]:.4g} at {Z.at(int(row))}, "
            f"beyond the end of the scale ({int(beyond.sum())} such); set to the end."
        )
    return LabelledArray(np.clip(U, 0, 1), names, Z.index, None), notes


def score(
    panel: pd.DataFrame, Z: LabelledArray, scale: Scale, formula: CouplingFormula
) -> tuple[Scored, list[str]]:
    """Add scaled indicators up and couple the indices; keep what the panel has beside them."""
    U, notes = add_up(Z, scale)
    degrees, found = couple(U, scale.alpha, formula, scale.nan)
    scaled = pd.DataFrame(Z.values, Z.index, scale.bounds.columns)
    used = {column for _, column in scale.directions}
    others = panel[[column for column in panel.columns if column not in used]]
    return Scored(scaled, U.give(U.values), degrees, others), notes + found


def score_again(
    panel: pd.DataFrame, unit: Any, time: Any, scale: Scale, formula: CouplingFormula, outside: str
) -> tuple[Scored, list[str]]:
    """Score a new panel on a scale that is known; `outside` as in `normalize`."""
    only(outside, OUTSIDE, "outside")
    panel, notes = keyed(panel, unit, time)
    parts = indicators(panel, scale.directions, scale.bounds.columns)
    Z, _, found = scale_systems(
        parts, scale.directions, scale.ends, bounds=scale.bounds, nan=scale.nan, constant="zero",
        outside=outside,
    )  # fmt: skip
    scored, coupled = score(panel, Z, scale, formula)
    return scored, notes + found + coupled
