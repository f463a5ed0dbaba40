"""Stata's text as linearmodels ships it with its tests: ivregress, sureg, reg3, xtreg, regress."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from stata_blocks import Block, folder, lower

LINEARMODELS = folder("linearmodels") / "tests"


def split_blocks(path: Path, rule: str) -> Iterator[tuple[str, list[str]]]:
    """Names and lines of a file's blocks; a block begins with a ruled line that holds its name."""
    name, lines = "", list[str]()
    for line in path.read_text(encoding="utf-8").splitlines():
        if rule in line:
            if name:
                yield name, lines
            name, lines = line.strip(" #!").strip(), []
        elif line.strip():
            lines.append(line)
    yield name, lines


def sections(lines: Iterable[str]) -> dict[str, list[str]]:
    """A block's lines by part: the estimates, then each matrix by its heading."""
    parts: dict[str, list[str]] = {"estimates": []}
    for line in lines:
        if line.startswith("***"):
            parts[line.strip("* ")] = []
        else:
            parts[list(parts)[-1]].append(line)
    return parts


def estimates(lines: list[str]) -> tuple[list[tuple[str, str]], list[list[float]], dict[str, Any]]:
    """Terms (equation, name), their numbers (b, t and p where printed), and the statistics.

    A name with one number is a statistic, with more a term; without any it heads an equation
    where terms follow, else it is a statistic that Stata does not have.
    """
    entries: list[tuple[str, list[float]]] = []
    header = next(i for i, line in enumerate(lines) if "b/t" in line)
    for line in lines[header + 1 :]:
        name, *cells = line.split("\t")
        numbers = [float(cell) for cell in cells if cell.strip() not in ("", ".")]
        if name.strip():
            entries.append((name.strip(), numbers))
        elif entries:
            entries[-1][1].extend(numbers)
    terms, values, stats, equation = [], [], {}, ""
    for (name, numbers), follows in zip(entries, [*entries[1:], ("", [])], strict=True):
        if len(numbers) > 1:
            terms.append((equation, name))
            values.append(numbers)
        elif not numbers and len(follows[1]) > 1:
            equation = name
        elif not name.startswith("\\"):
            stats[name] = numbers[0] if numbers else None
    return terms, values, stats


def matrix(lines: list[str]) -> tuple[list[str], list[float]]:
    """Names of a printed symmetric matrix and its lower triangle, row by row."""
    names = [name.strip() for name in lines[1].split("\t") if name.strip()]
    rows = [line.split("\t")[1:] for line in lines[2:]]
    full = np.array([[float(x) for x in row] for row in rows if row[0].strip()])
    assert full.shape == (len(names),) * 2
    return names, lower(full)


def single(lines: list[str]) -> Block:
    """A block of one equation."""
    parts = sections(lines)
    terms, values, stats = estimates(parts["estimates"])
    names, v = matrix(parts["Variance"])
    assert [name for _, name in terms] == names
    columns = dict(zip(("b", "t", "p"), map(list, zip(*values, strict=True)), strict=False))
    block = {"terms": names, **columns, "V": v, "stats": stats}
    if "GMM Weight" in parts:
        block["W_names"], block["W"] = matrix(parts["GMM Weight"])
    return block


def several(lines: list[str]) -> Block:
    """A block of several equations."""
    parts = sections(lines)
    terms, values, stats = estimates(parts["estimates"])
    names, v = matrix(parts["Variance"])
    assert [":".join(term) for term in terms] == names
    columns = dict(zip(("b", "t", "p"), map(list, zip(*values, strict=True)), strict=True))
    sigma = matrix(parts["Sigma"])[1]
    return {"terms": terms, **columns, "V": v, "Sigma": sigma, "stats": stats}


# ---------------------------------------------------------------------------- ivregress


def ivregress_command(
    method: str, y: str, exog: list[str], endog: list[str], excluded: list[str], options: str
) -> str:
    own = " ".join([y, *exog])
    return f"ivregress {method} {own} ({' '.join(endog)} = {' '.join(excluded)}){options}"


def ivregress_simulated() -> Iterator[Block]:
    """Simulated data of 600 rows; a block's name counts its variables and lists its options."""
    path = LINEARMODELS / "iv/results/stata-iv-simulated-results.txt"
    for name, lines in split_blocks(path, "######"):
        method, *counts, weighted, vce, other = name.split("-")
        n_endog, n_exog, n_instr = (int(count.rpartition("_")[2]) for count in counts)
        words = other.split("_") if other else []
        kind = vce.partition("(")[2].rstrip(")")
        y = {"unadjusted": "y_unadjusted", "robust": "y_robust"}.get(kind, "y_kernel")
        y = "y_clustered" if kind.startswith("cluster") else y
        weights = "weights" if weighted.endswith("True") else None
        spec = {
            "y": y,
            "exog": ["x3", "x4", "x5"][:n_exog],
            "endog": ["x1", "x2"][:n_endog],
            "excluded": ["z1", "z2"][:n_instr],
        }
        options = f" [aweight={weights}]" if weights else ""
        options += ", " + " ".join([vce, *words])
        yield {
            "command": ivregress_command(method, **spec, options=options),
            "data": "ivregress",
            "method": method,
            **spec,
            "constant": "noconstant" not in words,
            "weights": weights,
            "vce": kind,
            "center": "center" in words,
            "small": "small" in words,
            **single(lines),
        }


def ivregress_housing() -> Iterator[Block]:
    """The example of Stata's manual: rents of the states in 1980."""
    path = LINEARMODELS / "iv/results/stata-iv-housing-results.txt"
    for name, lines in split_blocks(path, "######"):
        method, kind, size = name.split("-")
        vce = {"cluster": "cluster division"}.get(kind, kind)
        option = "wmatrix" if method == "gmm" else "vce"
        small = " small" if size == "small" else ""
        spec = {
            "y": "rent",
            "exog": ["pcturban"],
            "endog": ["hsngval"],
            "excluded": ["faminc", "i.region"],
        }
        yield {
            "command": ivregress_command(method, **spec, options=f", {option}({vce}){small}"),
            "data": "housing",
            "method": method,
            **spec,
            "constant": True,
            "weights": None,
            "vce": vce,
            "center": False,
            "small": size == "small",
            **single(lines),
        }


# ---------------------------------------------------------------------------- systems


def system_command(program: str, equations: dict[str, list[str]], options: str) -> str:
    written = (f"({' '.join([y, *x])})" for y, x in equations.items())
    return f"{program} {' '.join(written)}{options}"


def by_equation(terms: list[tuple[str, str]]) -> dict[str, list[str]]:
    """Regressors of each equation, the constant left out."""
    equations: dict[str, list[str]] = {}
    for equation, term in terms:
        equations.setdefault(equation, [])
        if term != "_cons":
            equations[equation].append(term)
    return equations


def sureg() -> Iterator[Block]:
    """Three sets of equations: own regressors, common ones, own ones with missing values."""
    path = LINEARMODELS / "system/results/stata-sur-results.txt"
    for name, lines in split_blocks(path, "######"):
        found = several(lines)
        equations = by_equation(found["terms"])
        kind = name.partition("-")[2]
        first, *rest = ((y, x[0]) for y, x in equations.items())
        tied = [f"[{first[0]}]{first[1]} = [{y}]{x}" for y, x in rest]
        options = {"base": "", "ss": ", small dfk", "constrained": ", const(1 2)"}[kind]
        yield {
            "name": name,
            "command": system_command("sureg", equations, options),
            "data": "sureg",
            "constraints": tied if kind == "constrained" else [],
            **found,
        }


def reg3() -> Iterator[Block]:
    """Three simultaneous equations by each of reg3's methods; the file holds all of it twice."""
    path = LINEARMODELS / "system/results/stata-3sls-results.txt"
    seen: dict[str, list[str]] = {}
    for name, lines in split_blocks(path, "!!!!!!"):
        if name in seen:
            assert lines == seen[name]
            continue
        seen[name] = lines
        found = several(lines)
        equations = by_equation(found["terms"])
        command = system_command("reg3", equations, f", {name}")
        yield {"name": name, "command": command, "data": "reg3", "constraints": [], **found}


# ---------------------------------------------------------------------------- panels

PANEL_COMMANDS = {
    "between-conventional-": "xtreg {}, be vce(conventional)",
    "between-conventional-wls": "xtreg {}, be wls vce(conventional)",
    "fixed_effect-conventional-": "xtreg {}, fe vce(conventional)",
    "fixed_effect-robust-": "xtreg {}, fe vce(robust)",
    "fixed_effect-cluster-": "xtreg {}, fe vce(cluster firm_id)",
    "random_effect-conventional-": "xtreg {}, re vce(conventional)",
    "random_effect-robust-": "xtreg {}, re vce(robust)",
    "random_effect-cluster-": "xtreg {}, re vce(cluster firm_id)",
    "fixed_effect-conventional-weighted": "xtreg {} [aweight=w], fe vce(conventional)",
    "fixed_effect-robust-weighted": "xtreg {} [aweight=w], fe vce(robust)",
    "fixed_effect-cluster-weighted": "xtreg {} [aweight=w], fe vce(cluster firm_id)",
    "pooled-conventional-": "regress {}, vce(ols)",
    "pooled-robust-": "regress {}, vce(robust)",
    "pooled-cluster-": "regress {}, vce(cluster firm_id)",
    "pooled-conventional-weighted": "regress {} [aweight=w], vce(ols)",
    "pooled-robust-weighted": "regress {} [aweight=w], vce(robust)",
    "pooled-cluster-weighted": "regress {} [aweight=w], vce(cluster firm_id)",
}


def panel() -> Iterator[Block]:
    """1,000 firms in three years, complete or with missing values."""
    path = LINEARMODELS / "panel/results/stata-panel-simulated-results.txt"
    for name, lines in split_blocks(path, "######"):
        kind, _, missing = name.rpartition("-")
        found = single(lines)
        y = f"y{missing}"
        variables = " ".join([y, *(term for term in found["terms"] if term != "_cons")])
        estimator, vce, weights = kind.split("-")
        yield {
            "command": PANEL_COMMANDS[kind].format(variables),
            "data": "panel",
            "estimator": estimator,
            "y": y,
            "weights": "w" if weights == "weighted" else None,
            "wls": weights == "wls",
            "vce": vce,
            **found,
        }
