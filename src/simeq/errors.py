"""One small tree of errors and warnings. Each text names the equation and gives the next step."""

from __future__ import annotations

import difflib
import sys
import warnings
from collections.abc import Iterable


class SimeqError(ValueError):
    """Root of every error that simeq raises on purpose."""


class FormulaError(SimeqError):
    """An equation, an instrument list or a role cannot be read."""


class DataError(SimeqError):
    """A column holds what an equation cannot use."""


class IdentificationError(SimeqError):
    """An equation has too few instruments, or ones that do not move its regressors."""


class CollinearityError(SimeqError):
    """A regressor lies in the span of others."""


class ConstraintError(SimeqError):
    """A linear restriction cannot be read, contradicts another or repeats it."""


class SingularError(SimeqError):
    """A matrix that must be inverted is singular: a residual covariance, or I − Γ."""


class SimeqWarning(UserWarning):
    """Root of every warning that simeq gives."""


class ConvergenceWarning(SimeqWarning):
    """An iteration reached its limit before its tolerance."""


class RankWarning(SimeqWarning):
    """A redundant column was set aside."""


class SampleWarning(SimeqWarning):
    """Rows left the sample for a reason that the data did not show beforehand."""


def warn(message: str, category: type[SimeqWarning]) -> None:
    """Warn at the first line outside this package that led here."""
    package, level = __name__.partition(".")[0], 2
    frame = sys._getframe(1)
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] == package:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ``" Did you mean 'x'?"`` for the closest known name, or an empty text."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" Did you mean {found[0]!r}?" if found else ""


def listing(names: Iterable[object], limit: int = 8) -> str:
    """Join names with commas, the tail counted when there are more than `limit`."""
    words = [str(name) for name in names]
    if len(words) > limit:
        words = [*words[:limit], f"and {len(words) - limit} more"]
    return ", ".join(words)


def count(number: int, noun: str) -> str:
    """Return ``"1 row"`` or ``"2 rows"``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def choose(value: str, known: Iterable[str], what: str) -> str:
    """Return `value` in lower case if it is known.

    Raises
    ------
    SimeqError
        With the nearest known name.
    """
    known = list(known)
    if isinstance(value, str) and value.lower() in known:
        return value.lower()
    hint = nearest(str(value).lower(), known)
    raise SimeqError(f"Unknown {what} {value!r}; choose from {', '.join(known)}.{hint}")
