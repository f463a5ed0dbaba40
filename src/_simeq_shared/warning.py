"""Warnings that point at the caller's own code, however deep they were found."""

import os
import sys
import warnings
from pathlib import Path

#: Folders whose lines nobody wants to be pointed at.
FOLDERS = tuple(
    str(Path(__file__).parents[1] / package) + os.sep
    for package in ("simeq", "coupling", "_simeq_shared")
)


def warn_at_caller(message: str, category: type[Warning]) -> None:
    """Warn at the first line outside both libraries that led here.

    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     warn_at_caller("A column was set aside.", UserWarning)
    >>> str(caught[0].message)
    'A column was set aside.'
    """
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(FOLDERS):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)
