"""What can go wrong, and how it is said."""

from _simeq_shared.warning import warn_at_caller


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


def warn(*notes: str) -> None:
    """Give each note once, at the line of the caller's own code.

    Steps hand back what they found as notes; only what the caller called says them.

    Examples
    --------
    >>> import warnings
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     warn("An index is 0.", "An index is 0.")
    >>> [str(item.message) for item in caught]
    ['An index is 0.']
    """
    for note in dict.fromkeys(notes):
        warn_at_caller(note, CouplingWarning)


def only(value: object, allowed: tuple[str, ...], name: str) -> None:
    """Raise unless the option called `name` is one of the words that it may be.

    Examples
    --------
    >>> only("nan", ("nan", "zero"), "zero")
    """
    if not isinstance(value, str) or value not in allowed:
        words = ", ".join(repr(word) for word in allowed)
        raise CouplingError(f"{name} must be one of {words}; it is {value!r}.")
