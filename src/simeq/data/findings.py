"""What rows show: missing and infinite values, kinds of factors; and the sample that remains."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from simeq.data.data_columns import DataColumns
from simeq.data.evaluation import Category, Value, as_category, missing_rows
from simeq.errors import DataError, SampleWarning, count, listing, warn
from simeq.formula.expression import Expression, Expressions
from simeq.formula.syntax import bare_column
from simeq.formula.terms import Categories
from simeq.linalg.bases import BoolArray

#: What to do with rows that miss a value.
Missing: TypeAlias = Literal["drop", "raise"]


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
class Findings:
    """What some rows show.

    Attributes
    ----------
    n_rows : int
    keep : (n_rows,) array of bool, or None
        Marks the complete rows; None when all are.
    missing : mapping
        In how many rows a column is missing, or a term though columns and earlier terms are not.
    infinite : mapping
        For each column or term that is infinite in complete rows their number, and the first.
    kinds : mapping
        For each factor the number of its columns of numbers, or the categories that occur in
        complete rows, in all where its code gives the levels; none where it has no value.
    """

    n_rows: int
    keep: BoolArray | None
    missing: Mapping[str, int]
    infinite: Mapping[str, tuple[int, str]]
    kinds: Mapping[str, int | Category]


def look(
    columns: DataColumns, names: Iterable[str], factors: Sequence[tuple[Expression, Value]]
) -> Findings:
    """Look for missing and infinite values in some rows, and at the kinds of factors.

    Parameters
    ----------
    columns : DataColumns
    names : iterable of str
        Data columns that factors read or roles name.
    factors : sequence of pairs of Expression and value
        A row counts as missing under the first that misses it.
    """
    gone = np.zeros(len(columns), dtype=bool)
    missing: dict[str, int] = {}
    suspects: dict[str, Value] = {}
    for name in names:
        column = columns.read(name)
        if not all_finite(column):
            suspects |= {name: column} if column.dtype.kind == "f" else {}
            _take_up(name, columns.missing(name), gone, missing)
    for source, value in factors:
        if bare_column(source.code) is None and not all_finite(value):
            _take_up(source.code, missing_rows(value) & ~gone, gone, missing)
            suspects |= {} if source.stateful else {source.code: value}
    infinite = {
        name: (rows.size, columns.row(int(rows[0])))
        for name, value in suspects.items()
        if (rows := np.flatnonzero(missing_rows(value, infinite=True) & ~gone)).size
    }
    keep = ~gone if missing else None
    kinds = {own.code: _kind(value, keep) for own, value in factors if not own.stateful}
    return Findings(len(columns), keep, missing, infinite, kinds)


def _take_up(name: str, marks: BoolArray | None, gone: BoolArray, counts: dict[str, int]) -> None:
    """Count marked rows under a name, and mark them as gone."""
    if marks is not None and marks.any():
        counts[name] = int(marks.sum())
        gone |= marks


def all_finite(value: Any) -> bool:
    """Whether an array holds numbers, all of them finite."""
    is_array = isinstance(value, np.ndarray) and value.dtype.kind in "fiub"
    return is_array and bool(np.isfinite(value).all())


def _kind(value: Value, keep: BoolArray | None) -> int | Category:
    """Say what a factor is in some rows; see `Findings`."""
    if isinstance(value, Category):
        return value.observed(keep if value.levels is None else None)
    if value.dtype.kind == "b":
        return as_category(np.unique(value if keep is None else value[keep]))
    if value.size and value.flat[0] != value.flat[0] and np.isnan(value).all():
        return as_category(np.zeros(0))
    return 1 if value.ndim == 1 else int(value.shape[1])


# ---------------------------------------------------------------------- all rows together


def settle(
    found: Sequence[Findings], expressions: Expressions, names: Sequence[str], missing: Missing
) -> tuple[Sample, BoolArray | None]:
    """Return the sample that is left, with the mask of kept rows (None when all are).

    Raises
    ------
    DataError
        If no row remains, if a used value is infinite, or if ``missing="raise"`` and one is
        missing.
    """
    n_rows = sum(part.n_rows for part in found)
    if n_rows == 0:
        raise DataError("The data have no rows.")
    order = list(dict.fromkeys([*names, *expressions]))
    counts = {n: k for n in order if (k := sum(part.missing.get(n, 0) for part in found))}
    for code in counts:
        if code not in names and expressions[code].elementwise:
            warn(
                f"{expressions[code].where}: the term {code} is not a number in "
                f"{count(counts[code], 'row')} where its columns are, as the log of a negative "
                f"number; counted as missing.",
                SampleWarning,
            )
    masks = (np.ones(own.n_rows, bool) if own.keep is None else own.keep for own in found)
    keep = np.concatenate(list(masks)) if counts else None
    sample = Sample(n_rows, n_rows if keep is None else int(keep.sum()), counts)
    if sample.nobs == 0:
        shown = listing(f"{name} in {number:,} of {n_rows:,}" for name, number in counts.items())
        raise DataError(f"No row is complete. Missing: {shown}.")
    if missing == "raise" and sample.nobs_dropped:
        raise DataError(f"Missing values found. {sample.describe()}")
    for name in order:
        places = [part.infinite[name] for part in found if name in part.infinite]
        if places:
            where = "" if name in names else expressions[name].where
            refuse_infinite(name, where, sum(number for number, _ in places), places[0][1])
    return sample, keep


def refuse_infinite(name: str, where: str, number: int, first: str) -> None:
    """Raise for a column, or a term somewhere, that is infinite in rows, the first by its label.

    Raises
    ------
    DataError
    """
    what = f"{where}: the term {name}" if where else f"Column {name!r}"
    raise DataError(
        f"{what} is infinite or undefined in {count(number, 'row')}, first in {first}; recode it, "
        f"or set it to NaN to drop the row."
    )


def settled_kinds(
    found: Sequence[Findings], expressions: Expressions
) -> dict[str, int | Categories]:
    """Return the kind of each factor that is not stateful.

    Raises
    ------
    DataError
        If one has numbers in some rows and categories in others.
    """
    kinds: dict[str, int | Categories] = {}
    for code, own in expressions.items():
        seen = [part.kinds[code] for part in found if code in part.kinds]
        widths = [kind for kind in seen if isinstance(kind, int)]
        categories = [kind for kind in seen if isinstance(kind, Category)]
        if widths and any(len(kind.rows) for kind in categories):
            raise DataError(
                f"{own.where}: the term {code} has numbers in some frames of the data and "
                f"categories in others; give its columns one type."
            )
        if widths:
            kinds[code] = widths[0]
        elif categories:
            kinds[code] = _common(own, categories)
    return kinds


def _common(source: Expression, seen: Sequence[Category]) -> Categories:
    """Bring together the categories of some blocks of rows, as one frame of all would have them.

    Categories of one pandas type keep their order; others are sorted, their types brought together.
    """
    asked = next((own for own in seen if own.contrast is not None), seen[0])
    levels = asked.levels
    if levels is not None:
        for own in seen:
            own.require(levels, source)
    else:
        rows = pd.concat([pd.Series(own.rows) for own in seen])
        found = pd.Categorical(rows).remove_unused_categories().categories
        levels = tuple(np.asarray(found, dtype=object))
    return Categories(levels, asked.contrast)
