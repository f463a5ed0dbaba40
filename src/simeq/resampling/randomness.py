"""How many draws, and from which random numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from simeq.errors import DataError


def require_draws(n_boot: Any) -> int:
    """Return the number of draws.

    Raises
    ------
    DataError
        If it is no whole number above 1.
    """
    if not isinstance(n_boot, int | np.integer) or n_boot < 2:
        raise DataError(f"n_boot must be a whole number above 1, not {n_boot!r}.")
    return int(n_boot)


def random_generator(seed: Any) -> np.random.Generator:
    """Return numpy's generator for a seed; a generator itself goes on where it stands.

    Raises
    ------
    DataError
        If numpy takes no such seed.
    """
    try:
        return np.random.default_rng(seed)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"seed must be a whole number from 0 or a numpy Generator, not {seed!r} ({error})."
        ) from None
