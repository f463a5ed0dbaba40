"""Controls left out, one at a time: the same sample, the same factor R."""

from __future__ import annotations

from typing import Any

from simeq.design.design import compress
from simeq.design.sample_rows import SampleRows
from simeq.design.without_terms import leaving, without
from simeq.errors import SimeqError
from simeq.estimation.system import System
from simeq.formula.terms import Term
from simeq.results.comparison import Comparison
from simeq.subsamples.collected import CollectedFits
from simeq.subsamples.parts import FittableModel, constraints_on, part_of


def fit_dropping(
    model: FittableModel, *columns: str, method: str = "3sls", **options: Any
) -> Comparison:
    """Estimate the system in full, then without each control in turn; no row is read again.

    Every term that reads the column leaves every equation and the instruments; the sample
    stays. A form that cannot be estimated is named in a warning and in ``failed``, the others
    go on.

    Parameters
    ----------
    columns : str
        Data columns, or single terms such as ``"np.log(x)"``.
    method, options
        As in `fit`.

    Returns
    -------
    Comparison
        With ``results`` by the column left out, None for the full model, and ``failed``.

    Raises
    ------
    FormulaError
        If nothing reads a column, or a left side does.
    """
    if not columns or not all(isinstance(name, str) for name in columns):
        raise SimeqError("Name columns to leave out one by one, as text: fit_dropping('x', 'z').")
    system = model.system
    gone = {name: leaving(system.design, name) for name in columns}
    forms = CollectedFits("")
    with forms.hear(None, "Full model"):
        forms.results[None] = model.fit(method, **options)
    if None in forms.errors:
        raise forms.errors[None]
    for name, terms in gone.items():
        with forms.hear(name, f"−{name}"):
            smaller, rows = _smaller(system, model.sample_rows, terms)
            given = {**options, **constraints_on(options, system, smaller)}
            forms.results[name] = part_of(model, smaller, rows).fit(method, **given)
    forms.tell()
    names = [forms.names[name] for name in forms.results]
    return Comparison(forms.results, names, forms.failed, forms.remarks)


def _smaller(
    system: System, rows: SampleRows | None, gone: frozenset[Term]
) -> tuple[System, SampleRows | None]:
    """Return the system without some terms, on the same R unless categories are coded anew."""
    values = None if rows is None else rows.values
    design = without(system.design, gone, values)
    factor = system.factor
    if design.names != factor.names and values is not None:
        factor = compress(design, values)
    return System(design, factor, "drop"), None if rows is None else rows.of(design)
