"""Command line: ``python -m coupling`` with no argument runs the panel of US states."""

import argparse
import os
import sys
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import pandas as pd

from _simeq_shared.data_files import ENDINGS
from coupling.data import load_us_states
from coupling.degree import METHODS, SCHEMES
from coupling.errors import CouplingError, CouplingWarning
from coupling.model import CouplingModel
from coupling.reading import read_file
from coupling.tables import Report, Table, check_ending
from coupling.weights import FAMILIES

US_SYSTEMS = ("Infrastructure: hwy, water, util", "Economy: gsp, pc, emp, -unemp")
EXAMPLE = 'For example --system "Economy: gsp, pc, -unemp".'


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        raise CouplingError(message)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the process.

    Returns
    -------
    int
        0, or 2 after an error, which is one line on standard error.

    Examples
    --------
    >>> main(["no-such-file.csv", "--unit", "state", "--time", "year", "--system", "A: x"])
    2
    """
    with warnings.catch_warnings():
        warnings.simplefilter("always", CouplingWarning)
        warnings.showwarning = _show
        try:
            options = _parser().parse_args(arguments)
            report = run(options)
            print(report)
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except (CouplingError, ImportError, OSError, UnicodeError, pd.errors.ParserError,
                pd.errors.EmptyDataError) as error:  # fmt: skip
            print("coupling: error:", " ".join(str(error).split()), file=sys.stderr)
            return 2
    return 0


def run(options: argparse.Namespace) -> Report:
    """Do what the options say, and write the file that they name.

    Parameters
    ----------
    options : Namespace
        Parsed arguments.

    Returns
    -------
    Report
        What to print.

    Raises
    ------
    CouplingError
        For options that do not fit together, and as `CouplingModel.fit`.

    Examples
    --------
    >>> options = _parser().parse_args([])
    >>> [table.title for table in run(options).tables][0]
    'Weights inside each subsystem'
    """
    if options.output is not None:
        check_ending(options.output)
    lacking = [f"--{name}" for name in ("unit", "time", "system") if not getattr(options, name)]
    if options.panel is None:
        _fill_in_us_states(options)
    elif lacking:
        raise CouplingError(f"{options.panel} needs {', '.join(lacking)}. {EXAMPLE}")
    systems = _systems(options.system)
    panel = load_us_states() if options.panel is None else _read(options, systems)
    model = CouplingModel(
        systems, weights=options.weights, method=options.method,
        k=options.k, scheme=options.scheme, feature_range=tuple(options.feature_range),
    )  # fmt: skip
    result = model.fit(panel, unit=options.unit, time=options.time)
    report = result.summary(options.by)
    if options.rescale is not None:
        means = result.of_means(rescale=tuple(options.rescale))
        title = f"Degree of the mean indices, each rescaled to {options.rescale} over the years"
        report = Report([*report.tables, Table(title, means)])
    if options.output is not None:
        report.save(options.output)
    if options.degrees is not None:
        rows = pd.concat([result.indices, result.degrees], axis=1).to_csv(lineterminator="\n")
        Path(options.degrees).write_text(rows, encoding="utf-8", newline="\n")
    return report


def _read(options: argparse.Namespace, systems: Mapping[str, Mapping[str, int]]) -> pd.DataFrame:
    keys = [key for key in (options.unit, options.time, options.by) if key]
    return read_file(options.panel, keys, [name for own in systems.values() for name in own])


def _fill_in_us_states(options: argparse.Namespace) -> None:
    """Defaults for the panel that comes with the package."""
    options.unit, options.time = options.unit or "state", options.time or "year"
    options.system, options.by = options.system or list(US_SYSTEMS), options.by or "region"


def _systems(texts: Sequence[str]) -> dict[str, dict[str, int]]:
    """Read ``Name: a, b, -c`` as directions by column."""
    systems: dict[str, dict[str, int]] = {}
    for text in texts:
        name, colon, columns = text.partition(":")
        name, parts = name.strip(), [part.strip() for part in columns.split(",")]
        if not colon or not name or not all(part.lstrip("+-").strip() for part in parts):
            raise CouplingError(f"--system {text!r} is not 'Name: column, -column'. {EXAMPLE}")
        if name in systems:
            raise CouplingError(f"--system {name!r} is given twice.")
        own = systems[name] = {}
        for part in parts:
            column = part[1:].strip() if part[0] in "+-" else part
            if column in own:
                raise CouplingError(f"--system {name!r} names the column {column!r} twice.")
            own[column] = -1 if part[0] == "-" else 1
    return systems


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m coupling",
        description="Coupling coordination tables of a panel; without a file, of 48 US states.",
    )
    add = parser.add_argument
    ends: dict[str, Any] = {"nargs": 2, "type": float, "metavar": ("LO", "HI")}
    add("panel", nargs="?", help=f"file with one row for each unit and time: {', '.join(ENDINGS)}")
    add("--unit", help="column of the units")
    add("--time", help="column of the times")
    system = "a subsystem and its indicators; - marks those of which less is better; repeat it"
    add("--system", action="append", metavar='"Name: a, b, -c"', help=system)
    add("--by", help="column or key to group units by, for the regional table")
    add("--weights", default="entropy", choices=tuple(FAMILIES))
    add("--method", default="standard", choices=METHODS, help="formula of C")
    add("--k", type=float, help="exponent of --method power")
    add("--scheme", default="ten", choices=tuple(SCHEMES), help="levels")
    add("--feature-range", default=(0.0, 1.0), **ends)
    add("--rescale", help="also: degrees of mean indices, rescaled over the years", **ends)
    add("--output", help="write the tables: .txt .md .html .tex .csv .xlsx")
    add("--degrees", help="write indices, C, T, D and level of every row to this CSV file")
    return parser


def _show(message: Warning | str, *_: object, **__: object) -> None:
    print("coupling: warning:", " ".join(str(message).split()), file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
