"""Command line: ``python -m simeq data.csv "y1 ~ x1 + y2" "y2 ~ x2 + y1" --method 3sls``."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from simeq import SystemEquations, SystemResults, compare, datasets
from simeq._version import __version__
from simeq.data.files import ENDINGS, read
from simeq.errors import FormulaError, SimeqError
from simeq.estimators.conventions import DIVISORS, FORMS, PRESETS
from simeq.estimators.registry import ESTIMATORS
from simeq.moments.request import OPTIONS
from simeq.results.files import FORMATS, comparison_as_text, file_format, result_as_text

KLEIN = {
    "consumption": "consump ~ corpProf + corpProfLag + wages",
    "investment": "invest ~ corpProf + corpProfLag + capitalLag",
    "private_wages": "privWage ~ gnp + gnpLag + trend",
}
KLEIN_INSTRUMENTS = "~ govExp + taxes + govWage + trend + capitalLag + corpProfLag + gnpLag"
KLEIN_METHODS = ("ols", "2sls", "3sls", "i3sls")

EPILOG = """\
worked example: supply and demand in market.csv, with columns q, p, income, wage

  python -m simeq market.csv "demand: q ~ p + income" "supply: q ~ p + wage" \\
      --endog p --method 2sls 3sls --cov-type HC1 --output table.md

q is endogenous as a left side and p by --endog; income and wage are the instruments. Without
arguments, Klein's Model I is estimated by OLS, 2SLS, 3SLS and iterated 3SLS.

A .csv file has commas and a header line. In a .dta file . and .a to .z are missing, a column whose
values all have labels is a category, and dates stay numbers. A .parquet file needs pyarrow.

Formulas are evaluated as Python code: run only those that you trust.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit status, 2 after an error."""
    options = _parser().parse_args(arguments)
    _find_equations(options)
    try:
        file_format(options.output)
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.showwarning = _print_warning
            text = _klein(options) if options.data is None else _estimate(options)
        if options.output is None:
            print(text.encode(sys.stdout.encoding, "replace").decode(sys.stdout.encoding))
        else:
            Path(options.output).write_text(text, encoding="utf-8")
    except pd.errors.EmptyDataError:
        print(f"simeq: {options.data} is empty.", file=sys.stderr)
        return 2
    except (SimeqError, ImportError, OSError, UnicodeDecodeError, pd.errors.ParserError) as error:
        print(f"simeq: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simeq",
        description="Estimate a system of simultaneous equations from a data file.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("data", nargs="?", help=f"data file: {', '.join(ENDINGS)}")
    add("equations", nargs="*", metavar="equation", help="formula 'y ~ x', or 'label: y ~ x'")
    add(
        "--method", nargs="+", metavar="M", help=f"one of {', '.join(ESTIMATORS)}; several: a table"
    )
    add("--instruments", metavar="FORMULA", help="'~ z1 + z2', for all equations")
    add("--endog", nargs="+", metavar="NAME", help="endogenous columns beside the left sides")
    add("--exog", nargs="+", metavar="NAME", help="columns or terms that are exogenous")
    add("--constraint", action="append", metavar="TEXT", help="as '[a]x = [b]z'; may repeat")
    add("--sigma-dof", metavar="KIND", help=f"divisor of the residuals: {', '.join(DIVISORS)}")
    add("--form", metavar="FORM", help=f"of 3SLS with instruments by equation: {', '.join(FORMS)}")
    add("--like", metavar="PROGRAM", help=f"conventions of: {', '.join(PRESETS)}")
    add("--cov-type", default="nonrobust", metavar="KIND", help=f"errors: {', '.join(OPTIONS)}")
    add("--groups", nargs="+", metavar="NAME", help="columns of clusters, or of a panel's units")
    add("--time", metavar="NAME", help="column of periods")
    add("--maxlags", type=int, metavar="L", help="lags of the HAC kinds")
    add("--n-boot", type=int, metavar="N", help="draws of the bootstrap")
    add("--seed", type=int, metavar="N", help="of the bootstrap: same seed, same answer")
    add("--use-t", action="store_true", default=None, help="Student's t instead of the normal")
    add("--output", metavar="FILE", help=f"write a table: {', '.join(FORMATS)}")
    add("--version", action="version", version=f"simeq {__version__}")
    return parser


def _find_equations(options: argparse.Namespace) -> None:
    """Take what has a tilde for an equation where it stands behind an option of several names."""
    for option in ("method", "endog", "exog", "groups"):
        given = getattr(options, option) or []
        options.equations += [text for text in given if "~" in text]
        setattr(options, option, [text for text in given if "~" not in text] or None)


def _klein(options: argparse.Namespace) -> str:
    """Estimate Klein's Model I, 1921–1941."""
    model = SystemEquations(KLEIN, datasets.load_klein(), instruments=KLEIN_INSTRUMENTS)
    return _table(model, options.method or KLEIN_METHODS, options, "Klein's Model I, 1921-1941")


def _estimate(options: argparse.Namespace) -> str:
    if not options.equations:
        raise FormulaError("There is no equation; add at least one formula after the data file.")
    model = SystemEquations(
        _labelled(options.equations),
        read(options.data),
        instruments=options.instruments,
        endog=options.endog,
        exog=options.exog,
    )
    methods = options.method or ["3sls"]
    if len(methods) > 1:
        return _table(model, methods, options, "")
    return result_as_text(_fit(model, methods[0], options), options.output)


def _labelled(equations: Sequence[str]) -> dict[str, str] | list[str]:
    """Split ``label: formula`` where a colon stands before the tilde as a label's end."""
    pairs = []
    for equation in equations:
        head, tilde, _ = equation.partition("~")
        label, colon, left = head.partition(": ")
        named = bool(tilde and colon and left.strip())
        pairs.append((label.strip(), equation[len(label) + 2 :]) if named else ("", equation))
    if not any(label for label, _ in pairs):
        return list(equations)
    labels = [label or text.partition("~")[0].strip() for label, text in pairs]
    if len(set(labels)) < len(labels):
        raise FormulaError(f"Two equations have the same label: {', '.join(labels)}.")
    return dict(zip(labels, (text for _, text in pairs), strict=True))


def _table(
    model: SystemEquations, methods: Sequence[str], options: argparse.Namespace, title: str
) -> str:
    results = {}
    for method in methods:
        result = _fit(model, method, options)
        results[result.method.upper()] = result
    return comparison_as_text(compare(results, title=title), options.output)


def _fit(model: SystemEquations, method: str, options: argparse.Namespace) -> SystemResults:
    return model.fit(
        method,
        cov_type=options.cov_type,
        cov_kwds=_cov_kwds(options),
        sigma_dof=options.sigma_dof,
        form=options.form,
        like=options.like,
        constraints=options.constraint,
        use_t=options.use_t,
    )


def _cov_kwds(options: argparse.Namespace) -> dict[str, Any]:
    """Return the options of the covariance that were given."""
    groups = options.groups
    if groups is not None and len(groups) == 1:
        groups = groups[0]
    named = {"groups": groups} | {
        name: getattr(options, name) for name in ("time", "maxlags", "n_boot", "seed")
    }
    return {name: value for name, value in named.items() if value is not None}


def _print_warning(message: Warning | str, *_: object, **__: object) -> None:
    print(f"simeq: warning: {' '.join(str(message).split())}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
