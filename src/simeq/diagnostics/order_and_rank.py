"""Identification before any fit: order and rank condition of each equation, in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from simeq.diagnostics.instrumented_equation import InstrumentedEquation, instrumented_equation
from simeq.diagnostics.strength import canonical_correlations
from simeq.errors import count, listing
from simeq.estimation.system import System
from simeq.linalg.bases import FloatArray, basis
from simeq.report.printed_table import PrintedTable, Section, number


@dataclass(frozen=True, eq=False)
class EquationIdentification:
    """Identification of one equation.

    Attributes
    ----------
    label : str
    endogenous, included, excluded : tuples of str
        Endogenous regressors; exogenous ones; independent instruments beside those.
    order : int
        Excluded instruments less endogenous regressors: the order condition asks for 0 or more.
    rank : int
        Rank of the endogenous regressors on the excluded instruments, apart from the exogenous
        ones, in the sample: the rank condition asks for as many as there are.
    singular_values : (E,) array
        Canonical correlations behind that rank, largest first.
    verdict : str
    """

    label: str
    endogenous: tuple[str, ...]
    included: tuple[str, ...]
    excluded: tuple[str, ...]
    order: int
    rank: int
    singular_values: FloatArray
    verdict: str

    @property
    def smallest_singular_value(self) -> float:
        """The last of the singular values; NaN without endogenous regressors."""
        return float(self.singular_values[-1]) if self.endogenous else math.nan

    @property
    def identified(self) -> bool:
        """Whether an estimate by instruments is possible without constraints."""
        return not self.verdict.startswith("not identified")


@dataclass(frozen=True, eq=False)
class Identification:
    """Identification of a system; made by `SystemEquations.identification`.

    Attributes
    ----------
    equations : dict of EquationIdentification
        By label.
    """

    equations: Mapping[str, EquationIdentification]

    @property
    def frame(self) -> pd.DataFrame:
        """The table as numbers.

        Returns
        -------
        DataFrame
            A row for each equation, with columns endogenous, included, excluded (counts), order,
            rank, smallest_singular_value (NaN without endogenous regressors) and verdict.
        """
        rows = {
            label: {
                "endogenous": len(own.endogenous),
                "included": len(own.included),
                "excluded": len(own.excluded),
                "order": own.order,
                "rank": own.rank,
                "smallest_singular_value": own.smallest_singular_value,
                "verdict": own.verdict,
            }
            for label, own in self.equations.items()
        }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("equation")

    def __str__(self) -> str:
        return self._table().to_text()

    def __repr__(self) -> str:
        return self._table().to_text()

    def _repr_html_(self) -> str:
        return self._table().to_html()

    def _table(self) -> PrintedTable:
        header = (
            "endogenous",
            "included",
            "excluded",
            "order",
            "rank",
            "smallest value",
            "verdict",
        )
        rows = tuple(
            (
                label,
                f"{len(own.endogenous)}",
                f"{len(own.included)}",
                f"{len(own.excluded)}",
                f"{own.order}",
                f"{own.rank}",
                number(own.smallest_singular_value),
                own.verdict.partition(":")[0],
            )
            for label, own in self.equations.items()
        )
        notes = [line for own in self.equations.values() for line in _notes(own)]
        notes += [
            "included: exogenous regressors; excluded: other instruments; order: these less the "
            "endogenous regressors.",
            "rank: of the endogenous regressors on them, apart from the exogenous ones, in this "
            "sample; the smallest value is its smallest canonical correlation.",
        ]
        return PrintedTable("Identification", header, (Section("", rows),), tuple(notes))


def _notes(own: EquationIdentification) -> list[str]:
    """Name the instruments and their canonical correlations; say why one is not identified."""
    if not own.endogenous:
        return []
    values = listing(number(value) for value in own.singular_values)
    text = (
        f"{own.label}: {listing(own.endogenous)}; instruments {listing(own.excluded) or 'none'}; "
        f"canonical correlations {values}."
    )
    return [text] if own.identified else [text, f"{own.label}: {own.verdict}."]


def identify(system: System) -> Identification:
    """Look at each equation's order and rank condition."""
    found = [_equation(system, i) for i in range(len(system.labels))]
    return Identification({own.label: own for own in found})


def _equation(system: System, i: int) -> EquationIdentification:
    """Look at one equation."""
    own, names = instrumented_equation(system, i), system.design.names
    pairs = list(zip(system.used[i], system.exogenous[i], strict=True))
    included = tuple(names[j] for j, known in pairs if known)
    lacking = basis(own.first_stage, own.lengths).set_aside
    return EquationIdentification(
        own.label,
        own.names,
        included,
        _excluded(system, i),
        own.excluded.number - len(own.names),
        len(own.names) - len(lacking),
        canonical_correlations(own),
        _verdict(own, [own.names[j] for j, _ in lacking]),
    )


def _excluded(system: System, i: int) -> tuple[str, ...]:
    """Names of the instruments that add to the included regressors, in order."""
    pairs = zip(system.used[i], system.exogenous[i], strict=True)
    inside = [j for j, known in pairs if known]
    columns = [*inside, *(j for j in system.instrument_columns[i] if j not in inside)]
    kept = basis(system.factor.r[:, columns]).kept
    return tuple(system.design.names[columns[j]] for j in kept if j >= len(inside))


def _verdict(own: InstrumentedEquation, lost: list[str]) -> str:
    """Say in words whether an equation is identified, and by how much."""
    if own.free_rows < 1:
        return f"not identified: {count(own.n_instruments, 'instrument')} for {own.nobs} rows"
    if not own.names:
        return "no endogenous regressor"
    counted = (
        f"{count(len(own.names), 'endogenous regressor')}, "
        f"{count(own.excluded.number, 'excluded instrument')}"
    )
    if own.surplus < 0:
        return f"not identified: {counted}, so that the order condition fails"
    if lost:
        return (
            f"not identified: {counted}, which do not move {listing(lost)} apart from the other "
            f"regressors, so that the rank condition fails in this sample"
        )
    return f"overidentified by {own.surplus}" if own.surplus else "exactly identified"
