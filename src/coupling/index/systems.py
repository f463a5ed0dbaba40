"""Which columns make which subsystem, and what each weighs inside it."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from _simeq_shared.words import quoted
from coupling.errors import CouplingError
from coupling.panel import Array
from coupling.weights import SUM_TOL, dominant_given, sum_to_one

Systems = Mapping[Any, Any]  # name of the subsystem → its columns
Members = Mapping[Any, list[int]]  # name of the subsystem → positions of its columns


def positions(systems: Systems, names: Sequence[Hashable]) -> dict[Any, list[int]]:
    """Find the columns of each subsystem.

    Parameters
    ----------
    systems : mapping name → columns
        As the caller gave them.
    names : sequence of k labels
        Columns that there are.

    Returns
    -------
    dict name → list of int
        Positions of the columns.

    Raises
    ------
    CouplingError
        For a subsystem without columns, an unknown column, or one that is named twice in it.

    Examples
    --------
    >>> positions({"A": ["x", "y"], "B": ["z"]}, ["x", "y", "z"])
    {'A': [0, 1], 'B': [2]}
    """
    if not isinstance(systems, Mapping) or not systems:
        raise CouplingError("systems must be a mapping from names to columns.")
    where = {name: j for j, name in enumerate(names)}
    found = {}
    for system, columns in systems.items():
        columns = [columns] if isinstance(columns, str) else list(columns)
        unknown = [column for column in columns if column not in where]
        if unknown or not columns:
            what = f"{quoted(unknown)} is no column" if unknown else "it has no columns"
            raise CouplingError(f"Subsystem {system!r}: {what} (there are {quoted(names, 12)}).")
        if len(set(columns)) < len(columns):
            raise CouplingError(f"Subsystem {system!r} names a column twice: {quoted(columns)}.")
        found[system] = [where[column] for column in columns]
    return found


def shared_notes(members: Members, names: Sequence[Hashable]) -> list[str]:
    """What to warn of: columns, in their order, that several subsystems use.

    Examples
    --------
    >>> len(shared_notes({"A": [0, 1], "B": [1]}, ["x", "y"]))
    1
    """
    users = [[system for system, own in members.items() if j in own] for j in range(len(names))]
    return [
        f"Column {name!r} is used in {len(systems)} subsystems ({quoted(systems)}): "
        "part of their coupling is this column with itself."
        for name, systems in zip(names, users, strict=True)
        if len(systems) > 1
    ]


def weights_inside(
    w: Array, members: Members, names: Sequence[Hashable], renormalize: bool
) -> tuple[Array, list[str]]:
    """Weights inside each subsystem, (S, k), and notes of dominant ones.

    Parameters
    ----------
    w : ndarray, (k,)
        Weights that sum to 1 over all subsystems or inside each.
    members : mapping name → positions
        Columns of the S subsystems.
    names : sequence of k labels
        Whose they are.
    renormalize : bool
        Whether another sum is divided out instead of refused.

    Examples
    --------
    >>> weights_inside(np.array([0.1, 0.4, 0.5]), {"A": [0, 1], "B": [2]}, "xyz", False)
    (array([[0.2, 0.8, 0. ],
           [0. , 0. , 1. ]]), [])
    """
    used = sorted({j for columns in members.values() for j in columns})
    idle = [names[j] for j in np.flatnonzero(w).tolist() if j not in used]
    if idle:
        raise CouplingError(f"Column {quoted(idle)} has a weight but is in no subsystem.")
    together = abs(w[used].sum() - 1) <= SUM_TOL
    inside, notes = np.zeros((len(members), len(names))), list[str]()
    for s, (system, own) in enumerate(members.items()):
        what = f"Subsystem {system!r}"
        inside[s, own] = sum_to_one(w[own], what, renormalize=renormalize or together)
        if not together or len(members) == 1:
            notes += dominant_given(inside[s, own], [names[j] for j in own], what)
    if together:
        notes += dominant_given(w[used], [names[j] for j in used], "composite_index")
    return inside, notes
