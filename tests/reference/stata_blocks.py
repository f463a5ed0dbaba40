"""What the readers of Stata's output share: where packages are, numbers as JSON takes them."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path
from typing import Any

import numpy as np

Block = dict[str, Any]


def folder(package: str) -> Path:
    """Where a package is installed."""
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def lower(full: Any) -> list[float]:
    """Lower triangle of a symmetric matrix, row by row."""
    full = np.asarray(full, dtype=float)
    np.testing.assert_allclose(full, full.T, rtol=1e-9)
    return [float(x) for i, row in enumerate(full) for x in row[: i + 1]]


def numbers(values: Any) -> list[float | None]:
    """Plain numbers, None where there is none."""
    flat = np.asarray(values, dtype=float).ravel()
    return [float(x) if math.isfinite(x) else None for x in flat]
