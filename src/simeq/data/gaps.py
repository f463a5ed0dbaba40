"""What rows lack: missing and infinite values, found piece by piece, and the rows without any."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from simeq.data.data_columns import DataColumns
from simeq.errors import DataError, SampleWarning, count, listing, warn
from simeq.formula.expression import Expression
from simeq.linalg.bases import BoolArray


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


@dataclass(frozen=True)
class Gaps:
    """What some rows lack.

    Attributes
    ----------
    n_rows : int
    keep : (n_rows,) array of bool, or None
        Marks the complete rows; None when all are.
    given, made : dict
        Number of rows in which a column, or a factor that was evaluated on whole columns, is
        missing; and those in which an element-wise term is, though columns and terms before it are
        not.
    infinite : dict
        For each column or term that is infinite in complete rows their number, and the first.
    """

    n_rows: int
    keep: BoolArray | None
    given: Mapping[str, int]
    made: Mapping[str, int]
    infinite: Mapping[str, tuple[int, str]]


def find_gaps(
    columns: DataColumns,
    names: Iterable[str],
    marked: Iterable[tuple[str, BoolArray]],
    values: Mapping[str, NDArray[Any]],
) -> Gaps:
    """Look for missing and infinite values in some rows.

    Parameters
    ----------
    columns : DataColumns
    names : iterable of str
        Data columns that factors read or roles name.
    marked : pairs of str and (n,) array of bool
        Factors that were evaluated on whole columns, with the rows in which they are missing.
    values : mapping from code to (n,) array
        Element-wise factors that are no column by themselves.
    """
    gone = np.zeros(len(columns), dtype=bool)
    given: dict[str, int] = {}
    made: dict[str, int] = {}
    suspects: dict[str, NDArray[Any]] = {}
    for name in names:
        column = columns.read(name)
        if isinstance(column, np.ndarray) and column.dtype.kind == "f":
            if all_finite(column):
                continue
            suspects[name] = column
        _take_up(name, columns.missing(name), gone, given)
    for code, marks in marked:
        _take_up(code, marks & ~gone, gone, given)
    for code, value in values.items():
        if not all_finite(value):
            _take_up(code, np.isnan(value) & ~gone, gone, made)
            suspects[code] = value
    keep = ~gone if given or made else None
    infinite = {
        name: (int(marks.sum()), columns.row(int(marks.argmax())))
        for name, value in suspects.items()
        if (marks := np.isinf(value) & ~gone).any()
    }
    return Gaps(len(columns), keep, given, made, infinite)


def _take_up(name: str, marks: BoolArray | None, gone: BoolArray, counts: dict[str, int]) -> None:
    """Count marked rows under a name, and mark them as gone."""
    if marks is not None and marks.any():
        counts[name] = int(marks.sum())
        gone |= marks


def all_finite(value: NDArray[Any]) -> bool:
    """Whether no value is missing or infinite: a finite sum has finite summands, and is fast."""
    if value.dtype.kind != "f":
        return True
    with np.errstate(all="ignore"):
        return math.isfinite(value.sum()) or bool(np.isfinite(value).all())


def settle(
    found: Sequence[Gaps],
    expressions: Mapping[str, Expression],
    names: Sequence[str],
    missing: Literal["drop", "raise"],
) -> tuple[Sample, BoolArray | None]:
    """Return the sample that gaps leave, with the mask of kept rows (None when all are).

    Raises
    ------
    DataError
        If no row remains, if a used value is infinite, or if ``missing="raise"`` and one is
        missing.
    """
    n_rows = sum(part.n_rows for part in found)
    if n_rows == 0:
        raise DataError("The data have no rows.")
    order = [*names, *sorted(expressions, key=lambda code: expressions[code].stateful)]
    given = _in_all((part.given for part in found), order)
    made = _in_all((part.made for part in found), order)
    for code, number in made.items():
        warn(
            f"{expressions[code].where}: the term {code} is not a number in "
            f"{count(number, 'row')} where its columns are, as the log of a negative number; "
            f"counted as missing.",
            SampleWarning,
        )
    keep = None
    if given or made:
        masks = (np.ones(p.n_rows, dtype=bool) if p.keep is None else p.keep for p in found)
        keep = np.concatenate(list(masks))
    counts = {**given, **{code: given.get(code, 0) + made[code] for code in made}}
    sample = Sample(n_rows, n_rows if keep is None else int(keep.sum()), counts)
    if sample.nobs == 0:
        shown = listing(f"{name} in {number:,} of {n_rows:,}" for name, number in counts.items())
        raise DataError(f"No row is complete. Missing: {shown}.")
    if missing == "raise" and sample.nobs_dropped:
        raise DataError(f"Missing values found. {sample.describe()}")
    _refuse_infinite(found, expressions, order, set(names))
    return sample, keep


def _in_all(counts: Iterable[Mapping[str, int]], order: Sequence[str]) -> dict[str, int]:
    """Add up counts by name, names in order."""
    total: Counter[str] = Counter()
    for own in counts:
        total.update(own)
    return {name: total[name] for name in order if name in total}


def _refuse_infinite(
    found: Sequence[Gaps],
    expressions: Mapping[str, Expression],
    order: Sequence[str],
    columns: Collection[str],
) -> None:
    """Raise for the first column, or term, that is infinite in rows of the sample."""
    for name in order:
        places = [part.infinite[name] for part in found if name in part.infinite]
        if places:
            what = f"Column {name!r}" if name in columns else None
            refuse_infinite(
                what or f"{expressions[name].where}: the term {name}",
                sum(number for number, _ in places),
                places[0][1],
            )


def refuse_infinite(what: str, number: int, first: str) -> None:
    """Raise for values that are infinite in some rows, the first by its label.

    Raises
    ------
    DataError
    """
    raise DataError(
        f"{what} is infinite or undefined in {count(number, 'row')}, first in {first}; recode it, "
        f"or set it to NaN to drop the row."
    )
