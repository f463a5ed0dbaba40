"""One small tree of errors and warnings. Each text names the equation and gives the next step."""

from __future__ import annotations

from collections.abc import Iterable

from _simeq_shared.warning import warn_at_caller
from _simeq_shared.words import count as count
from _simeq_shared.words import listing as listing
from _simeq_shared.words import nearest as nearest


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
    warn_at_caller(message, category)


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
