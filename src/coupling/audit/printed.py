"""Printed figures: what they stand for, and reasons in words, a column at a time."""

from typing import Any

import numpy as np

from coupling.errors import CouplingError
from coupling.panel import Array

SLACK = 1e-9  # printed figures are exact to their last digit; this is for binary rounding only


def printed(values: Any, name: str) -> Array:
    """Figures as numbers, (n,) or one."""
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise CouplingError(f"{name} must hold numbers.") from None


def half_unit(decimals: int) -> float:
    """Half a unit of the last place: what rounding to so many decimals may have moved.

    Examples
    --------
    >>> half_unit(3)
    0.0005
    """
    if not isinstance(decimals, (int, np.integer)) or decimals < 0:
        raise CouplingError(f"decimals must be 0 or more; it is {decimals!r}.")
    return float(0.5 * 10.0 ** -int(decimals))


def unless(fine: Any, *parts: Any) -> Any:
    """Reason for each row, of texts and columns of numbers joined; empty where all is fine.

    Examples
    --------
    >>> unless([True, False], "D ", np.array([0.5, 1.5]), " is above 1").tolist()
    ['', 'D 1.5 is above 1']
    """
    text: Any = ""
    for part in parts:
        words = np.char.mod("%.5g", part) if np.asarray(part).dtype.kind == "f" else part
        text = np.char.add(text, words)
    return np.where(fine, "", text)


def joined(reasons: list[Any]) -> Any:
    """Join reasons by semicolons, leaving out empty ones."""
    text = np.asarray(reasons[0])
    for reason in reasons[1:]:
        both = (text != "") & (reason != "")
        text = np.char.add(np.char.add(text, np.where(both, "; ", "")), reason)
    return text
