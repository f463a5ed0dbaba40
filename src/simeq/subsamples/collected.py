"""Forms of one system estimated side by side: errors of some kept, warnings told once."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import Any

from simeq.errors import (
    CollinearityError,
    ConstraintError,
    DataError,
    IdentificationError,
    RankWarning,
    SimeqError,
    SimeqWarning,
    SingularError,
    listing,
    warn,
)
from simeq.estimation.system import System
from simeq.formula.terms import term_name
from simeq.results.system import SystemResults

#: Errors of one form of a system with which the others go on; the rest are mistakes in the call.
REPORTED = (CollinearityError, ConstraintError, DataError, IdentificationError, SingularError)


class CollectedFits:
    """Forms of a system: their results, their errors, and their warnings, each told once.

    Parameters
    ----------
    prefix : str
        What stands before the names of forms.
    """

    def __init__(self, prefix: str) -> None:
        self.results: dict[Any, SystemResults] = {}
        self.errors: dict[Any, SimeqError] = {}
        self.names: dict[Any, str] = {}
        self._prefix = prefix
        self._lacking: list[str] = []
        self._heard: dict[tuple[str, type[SimeqWarning]], list[str]] = {}

    @property
    def failed(self) -> dict[Any, str]:
        """Texts of the errors."""
        return {key: str(error) for key, error in self.errors.items()}

    @property
    def remarks(self) -> list[str]:
        """Sentences about forms that failed or lack something; none where every form has all."""
        return [*self._failures, *self._lacking]

    @property
    def _failures(self) -> list[str]:
        """Sentences about forms that failed, those of one reason together."""
        alike: dict[str, list[str]] = {}
        for key, text in self.failed.items():
            alike.setdefault(text, []).append(self.names[key])
        return [
            f"{self._prefix}{listing(names)} {'is' if len(names) == 1 else 'are'} not estimated: "
            f"{text}"
            for text, names in alike.items()
        ]

    @contextmanager
    def hear(self, key: Hashable, name: str) -> Iterator[None]:
        """Keep the error of one form and its warnings; mistakes in the call are raised."""
        self.names[key] = name
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            try:
                yield
            except REPORTED as error:
                self.errors[key] = error
        for own in heard:
            if issubclass(own.category, SimeqWarning):
                self._heard.setdefault((str(own.message), own.category), []).append(name)
            else:
                warnings.warn_explicit(own.message, own.category, own.filename, own.lineno)

    def note_lost(self, whole: System) -> None:
        """Note the coefficients that forms do not have, forms that lack the same ones together."""
        lacking: dict[tuple[str, ...], list[str]] = {}
        for key, result in self.results.items():
            lost = _lost(whole, result.fit.system)
            if lost:
                lacking.setdefault(lost, []).append(self.names[key])
        for lost, names in lacking.items():
            text = f"no estimate of {listing(lost)}, zero or collinear there."
            self._heard.setdefault((text, RankWarning), []).extend(names)
            self._lacking.append(f"{self._prefix}{listing(names)}: {text}")

    def tell(self) -> None:
        """Warn of forms that failed; give each of their warnings once, with whom it concerns."""
        for text in self._failures:
            warn(text, SimeqWarning)
        for (text, category), names in self._heard.items():
            warn(f"{self._prefix}{listing(names)}: {text}", category)


def _lost(whole: System, part: System) -> tuple[str, ...]:
    """Name the coefficients that a part of a system has not, levels of a category together."""
    there = set(part.coefficient_names)
    found = []
    for name, equation, term in zip(
        whole.coefficient_names, whole.equation, whole.coefficient_terms, strict=True
    ):
        if name not in there and any(code in whole.design.levels for code in term):
            found.append(f"some levels of [{whole.labels[equation]}]{term_name(term)}")
        elif name not in there:
            found.append(name)
    return tuple(dict.fromkeys(found))
