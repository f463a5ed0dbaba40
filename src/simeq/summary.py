"""Results as statsmodels' tables: a header, a block for each equation, correlation, notes."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
from statsmodels.iolib.summary import Summary
from statsmodels.iolib.table import SimpleTable

from simeq.equation_results import EquationResults
from simeq.errors import count, listing
from simeq.results import SystemResults
from simeq.tables import number, shorten

#: Width of the printed summary, and of a coefficient's name in it.
WIDTH = 80
NAME_WIDTH = 19

#: Most equations for which the residual correlation is printed.
MOST_CORRELATED = 12

_DIVISORS = {
    "none": "n",
    "geomean": "sqrt((n - k_i)(n - k_j))",
    "mean": "the mean of n - k_i",
    "max": "n - max(k_i, k_j)",
    "theil": "Theil's n - k_i - k_j + tr(...)",
}

_COVARIANCES = {
    "gls": "inverse of the weighted normal matrix, nonrobust",
    "sandwich": "full sandwich across equations, nonrobust",
    "equation": "each equation by its own variance, nonrobust",
    "pooled": "by equation, one pooled variance under constraints, nonrobust",
}


class SystemSummary(Summary):
    """statsmodels' summary for tables of differing widths, which its LaTeX cannot merge."""

    def as_latex(self) -> str:
        """Return one ``tabular`` after another."""
        parts = [str(table.as_latex_tabular()) for table in self.tables]
        return "\n\n\\bigskip\n".join(parts).replace("…", r"\ldots{}")


def summarize(result: SystemResults, alpha: float) -> Summary:
    """Lay out the results of a system."""
    summary = SystemSummary()
    legend: dict[str, str] = {}
    summary.tables.append(_header(result))
    for equation in result.equations.values():
        summary.tables += _block(equation, alpha, legend)
    if 1 < len(result.equations) <= MOST_CORRELATED:
        summary.tables += _correlation(result)
    summary.tables.append(_notes([*_facts(result), *_legend(legend)]))
    return summary


def summarize_equation(result: EquationResults, alpha: float) -> Summary:
    """Lay out the results of one equation."""
    summary = SystemSummary()
    legend: dict[str, str] = {}
    summary.tables += _block(result, alpha, legend)
    summary.tables.append(_notes([*_facts(result.system), *_legend(legend)]))
    return summary


def _header(result: SystemResults) -> SimpleTable:
    system = result.system_rsquared
    left = [
        ("Equations", f"{len(result.equations)}"),
        ("Observations", f"{result.nobs:,}"),
        ("Coefficients", f"{result.params.size}"),
        ("Constraints", f"{len(result.constraints)}"),
    ]
    right = [
        ("Log-likelihood", number(result.llf)),
        ("McElroy R-squared", number(system["mcelroy"])),
        ("Judge R-squared", number(system["judge"])),
        ("Iterations", f"{result.n_iter}"),
    ]
    rows = [[f"{a}:", b, f"{c}:", d] for (a, b), (c, d) in zip(left, right, strict=True)]
    return SimpleTable(
        rows,
        title=f"System: {result.title}",
        txt_fmt=_TOP,
    )


def _block(result: EquationResults, alpha: float, legend: dict[str, str]) -> list[SimpleTable]:
    """Return one equation's fit and coefficients, long names shortened into the legend."""
    terms = [str(term) for term in result.params.index]
    short = shorten(terms, NAME_WIDTH)
    legend.update({short[term]: term for term in terms if short[term] != term})
    letter = "t" if result.use_t else "z"
    interval = [f"[{alpha / 2:g}", f"{1 - alpha / 2:g}]"]
    bounds = result.conf_int(alpha)
    numbers = zip(
        [short[term] for term in terms],
        map(number, result.params),
        map(number, result.bse),
        [f"{t:.3f}" for t in result.tvalues],
        [f"{p:.3f}" for p in result.pvalues],
        map(number, bounds["lower"]),
        map(number, bounds["upper"]),
        strict=True,
    )
    fit = [
        "R-squared:", number(result.rsquared),
        "Adj. R-squared:", number(result.rsquared_adj),
        "RMSE:", number(result.rmse),
    ]  # fmt: skip
    name = f"Equation {result.label}: {result.model.endog_names}"
    return [
        SimpleTable([fit], title=shorten([name], WIDTH)[name], txt_fmt=_FIT),
        SimpleTable(
            list(numbers),
            headers=["", "coef", "std err", letter, f"P>|{letter}|", *interval],
            txt_fmt=_COEFFICIENTS,
        ),
    ]


_RULES = {"table_dec_above": "-", "table_dec_below": "-", "header_dec_below": "-", "colsep": " "}
_TOP = {
    **_RULES,
    "table_dec_above": "=",
    "colwidths": [16, 22, 21, 18],
    "data_aligns": "lrlr",
}
_FIT = {
    **_RULES,
    "table_dec_above": "=",
    "colwidths": [11, 14, 16, 12, 8, 14],
    "data_aligns": "lrrrrr",
}
_COEFFICIENTS = {
    **_RULES,
    "colwidths": [NAME_WIDTH, 10, 10, 8, 7, 10, 10],
    "data_aligns": "lrrrrrr",
    "header_align": "r",
}


def _correlation(result: SystemResults) -> list[SimpleTable]:
    """Correlation of the final residuals, lower triangle, columns by number."""
    sigma = result.sigma_resid.to_numpy()
    size = np.sqrt(sigma.diagonal())
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = sigma / np.multiply.outer(size, size)
    labels = shorten(list(result.equations), NAME_WIDTH - 5)
    numbers = [f"({i})" for i in range(1, len(labels) + 1)]
    rows = [
        [f"{mark} {label}", *(number(v, 3) for v in own[: i + 1]), *[""] * (len(labels) - i - 1)]
        for i, (mark, label, own) in enumerate(
            zip(numbers, labels.values(), correlation, strict=True)
        )
    ]
    widths = [NAME_WIDTH, *[(WIDTH - NAME_WIDTH) // max(len(labels), 6) - 1] * len(labels)]
    return [
        SimpleTable(
            rows,
            headers=["", *numbers],
            title="Residual correlation",
            txt_fmt={
                **_RULES,
                "table_dec_above": "=",
                "colwidths": widths,
                "data_aligns": "l" + "r" * len(labels),
                "header_align": "r",
            },
        )
    ]


def _facts(result: SystemResults) -> list[str]:
    """Say what was done: estimator, divisor, distribution, instruments, rows."""
    model = result.model
    form = f", {result.form.upper()} form" if result.form and result.cov_form == "gls" else ""
    facts = [f"Estimator: {result.title.lower()}{form}."]
    facts.append(f"Residual covariance: divisor {_DIVISORS[result.sigma_dof]}.")
    facts.append(f"Covariance of coefficients: {_COVARIANCES[result.cov_form]}.")
    if result.t_dof is not None:
        dof = sorted(set(result.t_dof))
        facts.append(f"Distribution: Student's t with {listing(f'{d:g}' for d in dof)} df.")
    else:
        facts.append("Distribution: standard normal.")
    if result.uses_instruments:
        facts += _instrument_facts(model.instrument_names)
    if result.constraints:
        facts.append(f"Constraints: {'; '.join(result.constraints)}.")
    if not result.converged:
        facts.append(
            f"NOT CONVERGED after {count(result.n_iter, 'iteration')}: last change "
            f"{result.change:.1e}."
        )
    facts.append(f"Sample: {model.system.design.sample.describe()}")
    return facts


def _instrument_facts(names: dict[str, list[str]]) -> list[str]:
    lists = {tuple(own) for own in names.values()}
    if len(lists) == 1:
        return [f"Instruments: {listing(lists.pop(), 30)}."]
    return [f"Instruments of {label}: {listing(own, 30)}." for label, own in names.items()]


def _legend(legend: dict[str, str]) -> list[str]:
    return [f"{short} = {name}" for short, name in legend.items()]


def _notes(lines: Sequence[str]) -> SimpleTable:
    wrapped = [
        part for line in lines for part in textwrap.wrap(line, WIDTH, subsequent_indent="  ")
    ]
    return SimpleTable(
        [[line] for line in wrapped],
        title="Notes",
        txt_fmt={
            **_RULES,
            "table_dec_above": "=",
            "table_dec_below": "=",
            "data_aligns": "l",
            "colwidths": [WIDTH],
        },
    )
