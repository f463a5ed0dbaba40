"""What can go wrong, and how it is said."""

import sys
import warnings
from pathlib import Path
from typing import Any

_HERE = str(Path(__file__).parent)


class CouplingError(ValueError):
    """Input from which no coupling coordination degree can be computed.

    The message names the column, and the unit and year where there are any, and the next step.

    Examples
    --------
    >>> issubclass(CouplingError, ValueError)
    True
    """


class CouplingWarning(UserWarning):
    """A result that is computed as asked, and that is easily misread.

    Examples
    --------
    >>> issubclass(CouplingWarning, UserWarning)
    True
    """


def warn(message: str) -> None:
    """Warn at the line of the caller's own code, outside this package.

    Parameters
    ----------
    message : str
        What was found, where, and what it means.

    Examples
    --------
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     warn("An index is 0.")
    >>> str(caught[0].message)
    'An index is 0.'
    """
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_HERE):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, CouplingWarning, stacklevel=level)


class WarnedOnce:
    """Let several steps on one panel say the same thing only once.

    Warnings of this package are held back, and given when the block ends.

    Examples
    --------
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     with WarnedOnce():
    ...         warn("An index is 0.")
    ...         warn("An index is 0.")
    >>> len(caught)
    1
    """

    def __enter__(self) -> None:
        self._catching = warnings.catch_warnings(record=True)
        self._caught = self._catching.__enter__()
        warnings.simplefilter("always")

    def __exit__(self, *error: Any) -> None:
        self._catching.__exit__(*error)
        told: set[str] = set()
        for item in self._caught or ():
            text = str(item.message)
            if not issubclass(item.category, CouplingWarning):
                warnings.warn_explicit(item.message, item.category, item.filename, item.lineno)
            elif text not in told and error[0] is None:
                told.add(text)
                warn(text)


def only(value: object, allowed: tuple[str, ...], name: str) -> None:
    """Raise unless an option is one of the words that it may be.

    Parameters
    ----------
    value : object
        What the caller gave.
    allowed : tuple of str
        The words that the option knows.
    name : str
        The option, for the message.

    Raises
    ------
    CouplingError
        If `value` is none of them.

    Examples
    --------
    >>> only("nan", ("nan", "zero"), "zero")
    """
    if not isinstance(value, str) or value not in allowed:
        words = ", ".join(repr(word) for word in allowed)
        raise CouplingError(f"{name} must be one of {words}; it is {value!r}.")
