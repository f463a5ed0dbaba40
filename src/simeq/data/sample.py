"""The estimation sample: one mask over columns and terms, then what categories and splines learn.

Everything is evaluated on all rows in their order first, so that a lag means the row before; rows
with a missing value leave; category levels and stateful transforms are learned on what stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simeq.data.factor_values import Category, FactorValues, evaluate_whole, stateful_arguments
from simeq.data.table import Table
from simeq.errors import DataError, FormulaError, SampleWarning, count, listing, warn
from simeq.formula.expression import Expression, bare_column, take_out_arguments
from simeq.formula.terms import Categories, StatefulTransform
from simeq.linalg.bases import FloatArray

#: Rows looked at in one step while missing values are sought.
SCAN_ROWS = 2**15


@dataclass(frozen=True)
class Sample:
    """How many rows are used, and why the others are not.

    Attributes
    ----------
    n_rows : int
        Rows of the data.
    nobs : int
        Rows used.
    missing : dict
        For each column or term the number of rows in which it is missing.
    part : str
        What the rows are, when they are a part of another sample.
    """

    n_rows: int
    nobs: int
    missing: Mapping[str, int]
    part: str = ""

    @property
    def nobs_dropped(self) -> int:
        """Rows of the data that are not used."""
        return self.n_rows - self.nobs

    def describe(self) -> str:
        """Say in one sentence what was dropped and why."""
        if self.part:
            return self.part
        if not self.nobs_dropped:
            return f"All {self.n_rows:,} rows are used."
        reasons = listing(f"{name} ({number:,})" for name, number in self.missing.items())
        return (
            f"{self.nobs_dropped:,} of {count(self.n_rows, 'row')} dropped for missing values: "
            f"{reasons}."
        )


def estimation_sample(
    table: Table, expressions: Mapping[str, Expression], columns: Iterable[str], missing: str
) -> tuple[Sample, FactorValues]:
    """Settle the sample and learn every factor's kind on it.

    Parameters
    ----------
    table : Table
    expressions : mapping from code to Expression
        All factors of the system, its instruments and roles.
    columns : iterable of str
        Every data column that they read or name.
    missing : {"drop", "raise"}

    Raises
    ------
    DataError
        If no row remains, if a used value is infinite, or if ``missing="raise"`` and one is
        missing.
    """
    values = FactorValues(table, expressions)
    search = _Search(len(table))
    for name in columns:
        search.column(name, table.missing(name))
    found = {
        code: evaluate_whole(table, source)
        for code, source in expressions.items()
        if not source.stateful and not values.by_block(code)
    }
    for code, value in found.items():
        search.term(code, _nan_rows(value))
    passed = {
        code: stateful_arguments(table, source)
        for code, source in expressions.items()
        if source.stateful
    }
    for code, arguments in passed.items():
        for argument in arguments.values():
            search.term(code, _nan_rows(argument))
    _scan_blocks(values, search)
    sample = search.estimation_sample(missing)
    keep = ~search.missing_rows
    values.keep = keep if sample.nobs_dropped else None
    _learn(values, found, keep)
    for code, arguments in passed.items():
        _learn_transform(values, code, arguments, keep)
    _refuse_infinite(values, columns, search, keep)
    return sample, values


class _Search:
    """Missing and infinite values, found column by column and term by term."""

    def __init__(self, n_rows: int) -> None:
        if n_rows == 0:
            raise DataError("The data have no rows.")
        self.missing_rows = np.zeros(n_rows, dtype=bool)
        self.counts: dict[str, int] = {}
        self.infinite: dict[str, list[int]] = {}

    def column(self, name: str, marks: NDArray[np.bool_] | None) -> None:
        """Take up the missing rows of a data column."""
        if marks is not None:
            self.counts[name] = int(marks.sum())
            self.missing_rows |= marks

    def term(self, code: str, marks: NDArray[Any], start: int = 0) -> int:
        """Take up the rows in which a term is missing though its columns are not."""
        rows = self.missing_rows[start : start + len(marks)]
        made = int((marks & ~rows).sum())
        if made:
            self.counts[code] = self.counts.get(code, 0) + made
            rows |= marks
        return made

    def estimation_sample(self, missing: str) -> Sample:
        """Close the search."""
        n_rows = len(self.missing_rows)
        dropped = int(self.missing_rows.sum())
        sample = Sample(n_rows, n_rows - dropped, dict(self.counts))
        if sample.nobs == 0:
            raise DataError(
                f"No row is complete. Missing: "
                f"{listing(f'{name} in {k:,} of {n_rows:,}' for name, k in self.counts.items())}."
            )
        if missing == "raise" and dropped:
            raise DataError(f"Missing values found. {sample.describe()}")
        return sample


def _nan_rows(value: FloatArray | Category) -> NDArray[np.bool_]:
    if isinstance(value, Category):
        return np.asarray(value.rows.codes == -1, dtype=np.bool_)
    bad = np.isnan(value)
    return np.asarray(bad if bad.ndim == 1 else bad.any(axis=1), dtype=np.bool_)


def _scan_blocks(values: FactorValues, search: _Search) -> None:
    """Evaluate element-wise terms block by block, looking for what is not finite."""
    n_rows = len(values.table)
    made: dict[str, int] = {}
    codes = [code for code in values.expressions if values.by_block(code)]
    for code in codes:
        values.kinds[code] = 1
        if bare_column(code) is not None:
            continue
        for start in range(0, n_rows, SCAN_ROWS):
            value = values.slice_of(code, start, min(start + SCAN_ROWS, n_rows))
            if value.dtype.kind == "b":
                values.kinds[code] = Categories((False, True))
                continue
            if np.isfinite(value).all():
                continue
            made[code] = made.get(code, 0) + search.term(code, np.isnan(value), start)
            search.infinite.setdefault(code, []).extend(start + np.flatnonzero(np.isinf(value)))
    for code, number in made.items():
        if number:
            warn(
                f"{values.expressions[code].where}: the term {code} is not a number in "
                f"{count(number, 'row')} where its columns are, as the log of a negative number; "
                f"counted as missing.",
                SampleWarning,
            )


def _learn(
    values: FactorValues, found: Mapping[str, FloatArray | Category], keep: NDArray[np.bool_]
) -> None:
    """Learn category levels and stateful transforms on the kept rows."""
    for code, value in found.items():
        if isinstance(value, Category):
            levels = value.observed(keep)
            if value.levels is not None:
                value.require(levels, values.expressions[code])
            values.kinds[code] = Categories(levels, value.contrast)
            values.whole[code] = value.codes(levels)
        else:
            values.kinds[code] = value.shape[1] if value.ndim == 2 else 1
            values.whole[code] = value
    for code in [c for c, kind in values.kinds.items() if isinstance(kind, Categories)]:
        if code not in values.whole:
            _learn_truth_values(values, code, keep)


def _learn_truth_values(values: FactorValues, code: str, keep: NDArray[np.bool_]) -> None:
    """Settle which of False and True a comparison takes on the kept rows."""
    seen: set[bool] = set()
    n_rows = len(values.table)
    for start in range(0, n_rows, SCAN_ROWS):
        stop = min(start + SCAN_ROWS, n_rows)
        seen |= set(np.unique(values.slice_of(code, start, stop)[keep[start:stop]]).tolist())
        if len(seen) == 2:
            return
    values.kinds[code] = Categories(tuple(seen))
    values.whole[code] = np.zeros(n_rows, dtype=np.int8)


def _learn_transform(
    values: FactorValues, code: str, arguments: Mapping[str, FloatArray], keep: NDArray[np.bool_]
) -> None:
    """Let patsy learn a stateful transform on the kept rows, and evaluate it there."""
    source = values.expressions[code]
    kept = {name: argument[keep] for name, argument in arguments.items()}
    kept |= {name: values.table.whole(name)[keep] for name in source.reads}
    try:
        transform = StatefulTransform(take_out_arguments(source).code, source.names, kept)
        learned = transform(kept)
    except Exception as error:
        reason = str(error).split("\n")[0]
        raise FormulaError(
            f"{source.where}: the term {code} cannot be evaluated: {reason}"
        ) from error
    full = np.full((len(keep), *learned.shape[1:]), np.nan)
    full[keep] = learned
    values.transforms[code] = transform
    values.whole[code] = full
    values.kinds[code] = full.shape[1] if full.ndim == 2 else 1


def _refuse_infinite(
    values: FactorValues, columns: Iterable[str], search: _Search, keep: NDArray[np.bool_]
) -> None:
    """Raise for the first infinite value, or stateful NaN, among the rows used."""
    table = values.table
    for name in columns:
        column = table.read(name)
        if isinstance(column, np.ndarray) and column.dtype.kind == "f":
            _refuse(~np.isfinite(column) & keep, f"Column {name!r}", table)
    for code, positions in search.infinite.items():
        marks = np.zeros(len(keep), dtype=bool)
        marks[positions] = True
        _refuse(marks & keep, f"{values.expressions[code].where}: the term {code}", table)
    for code, value in values.whole.items():
        if value.dtype.kind == "f":
            bad = ~np.isfinite(value)
            marks = bad if bad.ndim == 1 else bad.any(axis=1)
            _refuse(marks & keep, f"{values.expressions[code].where}: the term {code}", table)


def _refuse(marks: NDArray[np.bool_], what: str, table: Table) -> None:
    if marks.any():
        where = int(np.flatnonzero(marks)[0])
        raise DataError(
            f"{what} is infinite or undefined in {count(int(marks.sum()), 'row')}, first in "
            f"{table.row(where)}; recode it, or set it to NaN to drop the row."
        )
