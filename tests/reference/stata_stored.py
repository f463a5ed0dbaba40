"""What Stata stored, as statsmodels ships it with its tests, and values quoted inside tests."""

from __future__ import annotations

import ast
import importlib
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from stata_blocks import Block, folder, lower, numbers

LINEARMODELS = folder("linearmodels") / "tests"
STATSMODELS = folder("statsmodels")

#: Modules of statsmodels that hold Stata's e(), with the data that they are of.
STORED = {
    "regression.tests.results.results_macro_ols_robust": "macro",
    "regression.tests.results.results_grunfeld_ols_robust_cluster": "grunfeld",
    "regression.tests.results.macro_gr_corc_stata": "macro",
    "genmod.tests.results.results_glm_poisson_weights": "cpunish",
    "sandbox.regression.tests.results_ivreg2_griliches": "griliches",
    "sandbox.regression.tests.results_gmm_griliches": "griliches",
    "sandbox.regression.tests.results_gmm_griliches_iter": "griliches",
    "sandbox.regression.tests.results_gmm_poisson": "docvis",
}

#: What the results of xtscc, which stores no command line, were made by.
XTSCC = "xtscc invest mvalue kstock, lag({})"


def stored() -> Iterator[Block]:
    """Single equations as Stata stored them: regress, newey, xtscc, ivreg2, prais and gmm."""
    for module, data in STORED.items():
        found = importlib.import_module(f"statsmodels.{module}")
        for name in dir(found):
            result = getattr(found, name)
            # The leave-one-cluster-out results beside them carry regress's command line but are R's
            if not name.startswith("results") or "params_table" not in dir(result):
                continue
            if re.search(r"crv|jk", name):
                continue
            command = getattr(result, "cmdline", None) or XTSCC.format(result.lag)
            if command.split()[0] != "glm":
                yield stored_block(f"statsmodels.{module}:{name}", command, data, result)
    yield from panel_covariances()


def stored_block(source: str, command: str, data: str, result: Any) -> Block:
    columns = dict(
        zip(result.params_table_colnames, np.asarray(result.params_table).T, strict=True)
    )
    statistic = "t" if "t" in columns else "z"
    strings = ("vce", "vcetype", "clustvar", "depvar", "wexp", "wtype", "instd", "insts", "version")
    kept = {key: getattr(result, key) for key in strings if hasattr(result, key)}
    scalars = {
        key: float(value)
        for key, value in vars(result).items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    degrees = numbers(columns["df"])[0]
    return {
        "source": source,
        "command": command,
        "data": data,
        **kept,
        "terms": getattr(result, "params_1", " ".join(result.params_table_rownames)).split(),
        "b": numbers(columns["b"]),
        "se": numbers(columns["se"]),
        statistic: numbers(columns[statistic]),
        "p": numbers(columns["pvalue"]),
        "df": degrees,
        "lower": numbers(columns["ll"]),
        "upper": numbers(columns["ul"]),
        "V": lower(result.cov),
        "stats": {key: value for key, value in scalars.items() if math.isfinite(value)},
    }


def panel_covariances() -> Iterator[Block]:
    """Covariances alone, of the example in xtscc's help."""
    module = "stats.tests.results.results_panelrobust"
    found = importlib.import_module(f"statsmodels.{module}").results
    commands = {"pnw": "newey invest mvalue kstock, lag({}) force", "dk": XTSCC}
    for kind, command in commands.items():
        for lag in (0, 1, 4):
            name = f"cov_{kind}{lag}_stata"
            yield {
                "source": f"statsmodels.{module}:{name}",
                "command": command.format(lag),
                "data": "grunfeld",
                "depvar": "invest",
                "terms": ["mvalue", "kstock", "_cons"],
                "V": lower(found[name]),
                "stats": {"lag": lag},
            }


def classes() -> Iterator[Block]:
    """Two regressions of statsmodels' that its results call Stata's.

    The coefficients of Longley's data are of a run in single precision, the statistics of one in
    double: with the data so rounded or not, each agrees in all of its digits.
    """
    module = "regression.tests.results.results_regression"
    found = importlib.import_module(f"statsmodels.{module}")
    longley, ccard = found.LongleyRTO(), found.CCardWLS()
    source, through = f"statsmodels.{module}", "regress TOTEMP GNPDEFL-YEAR, noconstant"
    terms = ["GNPDEFL", "GNP", "UNEMP", "ARMED", "POP", "YEAR"]
    yield {
        "source": f"{source}:LongleyRTO",
        "command": through,
        "data": "longley_single",
        "depvar": "TOTEMP",
        "printed": {"digits": 8, "mantissa": 8},
        "terms": terms,
        **regression(longley),
        "stats": {},
    }
    yield {
        "source": f"{source}:LongleyRTO",
        "command": through,
        "data": "longley",
        "depvar": "TOTEMP",
        "terms": terms,
        "stats": regression_statistics(longley),
    }
    yield {
        "source": f"{source}:CCardWLS",
        "command": "regress AVGEXP AGE INCOME INCOMESQ OWNRENT [aweight=1/INCOMESQ]",
        "data": "ccard",
        "depvar": "AVGEXP",
        "wtype": "aweight",
        "wexp": "= 1/INCOMESQ",
        "printed": {"digits": 10, "mantissa": 10},
        "terms": ["AGE", "INCOME", "INCOMESQ", "OWNRENT", "_cons"],
        **regression(ccard),
        "stats": regression_statistics(ccard),
    }


def regression(result: Any) -> Block:
    return {"b": numbers(result.params), "se": numbers(result.bse)}


def regression_statistics(result: Any) -> dict[str, float]:
    return {
        "rmse": math.sqrt(result.scale),
        "r2": result.rsquared,
        "r2_a": result.rsquared_adj,
        "df_m": result.df_model,
        "df_r": result.df_resid,
        "mss": result.ess,
        "rss": result.ssr,
        "F": result.fvalue,
        "ll": result.llf,
    }


# ---------------------------------------------------------------------------- systems


def macro_var() -> Iterator[Block]:
    """Vector autoregressions of statsmodels' macrodata: SUR with common regressors."""
    lags = importlib.import_module("statsmodels.tsa.vector_ar.tests.results.results_var")
    found = lags.MacrodataResults()
    names = ["gdp", "cons", "inv"]
    order = ["_cons", *(f"{lag}.{name}" for lag in ("L", "L2") for name in names)]
    chi2 = {f"chi2_{i}": getattr(found, f"chi2_{i}") for i in (1, 2, 3)}
    b = numbers(found.params)
    b[b.index(-1.97116)] = None  # written with six digits, the others with ten decimals
    yield {
        "name": "var 2",
        "command": "var gdp cons inv, lags(1/2)",
        "data": "var_single",
        "constraints": [],
        "printed": {"decimals": 10},
        "terms": [(y, term) for y in names for term in order],
        "b": b,
        "se": numbers(found.bse),
        "stats": {"ll": found.llf, "detsig_ml": found.detsig, **chi2}
        | {f"r2_{i}": getattr(found, f"rsquared_{i}") for i in (1, 2, 3)}
        | {f"rmse_{i}": getattr(found, f"rmse_{i}") for i in (1, 2, 3)}
        | {f"ll_{i}": getattr(found, f"llf_{i}") for i in (1, 2, 3)},
    }
    small = importlib.import_module("statsmodels.tsa.vector_ar.tests.results.results_svar_st")
    stored = small.results_svar1_small
    equations = [y for y in names for _ in range(10)]
    scalars = {
        key.replace("_var", ""): float(value)
        for key, value in small.est.items()
        if re.fullmatch(r"(F|df_r|df_m|ll|r2|rmse|detsig|detsig_ml)(_?\d)?_var", key)
    }
    yield {
        "name": "var 3 dfk small",
        "command": "svar gdp cons inv, aeq(A) beq(B) lags(1/3) var dfk small",
        "data": "var",
        "constraints": [],
        "terms": list(zip(equations, small.bf_var_colnames, strict=True)),
        "b": numbers(stored.b_var),
        "V": lower(stored.V_var),
        "Sigma": lower(stored.Sigma),
        "stats": scalars,
    }


# ---------------------------------------------------------------------------- inside tests


def constants(path: Path, *names: str) -> list[float]:
    """Numbers that a function, or all of a class's, compares with, in order: not tolerances."""
    tree: ast.AST = ast.parse(path.read_text(encoding="utf-8"))
    for name in names:
        defined = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.ClassDef)]
        tree = next(node for node in defined if node.name == name)
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "").startswith("assert_"):
            found.append((node.lineno, ast.literal_eval(_constant(node.args[1]))))
    return [value for _, value in sorted(found) if value is not None]


def _constant(node: ast.expr) -> ast.expr:
    """A number, or a product of numbers, as a literal; None for anything else."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        node = node.right  # 2 * F: the second is what Stata printed
    is_number = isinstance(node, ast.Constant) and isinstance(node.value, int | float)
    return node if is_number else ast.Constant(None)


#: Tests of linearmodels' `iv/test_postestimation.py`, and what Stata was asked for there.
ESTAT = {
    "test_sargan": ("2sls", "x1", "estat overid", ["sargan", "p_sargan"]),
    "test_basmann": ("2sls", "x1", "estat overid", ["basmann", "p_basmann"]),
    "test_durbin": ("2sls", "x1 x2", "estat endogenous", ["d", "p_d", "d_x1", "p_d_x1"]),
    "test_wu_hausman": ("2sls", "x1 x2", "estat endogenous", ["wu", "p_wu", "wu_x1", "p_wu_x1"]),
    "test_wooldridge_score": (
        "2sls, vce(robust)",
        "x1 x2",
        "estat endogenous",
        ["r_score", "p_r_score"],
    ),
    "test_wooldridge_regression": (
        "2sls, vce(robust)",
        "x1 x2",
        "estat endogenous",
        ["regF", "p_regF"],
    ),
    "test_wooldridge_overid": ("2sls, vce(robust)", "x1", "estat overid", ["score", "p_score"]),
    "test_anderson_rubin": ("liml", "x1", "estat overid", ["ar"]),
    "test_basmann_f": ("liml", "x1", "estat overid", ["basmann_f", "p_basmann_f"]),
    "test_c_stat_smoke": (
        "gmm",
        "x1 x2",
        "estat endogenous",
        ["C", "p_C", "C_x1", "p_C_x1"],
    ),
}


def after_estimation() -> Iterator[Block]:
    """Tests after estimation, as linearmodels' and statsmodels' tests quote them."""
    path = LINEARMODELS / "iv/test_postestimation.py"
    for test, (estimator, endog, asked, names) in ESTAT.items():
        method, _, options = estimator.partition(", ")
        options = f", {options}" if options else ""
        yield {
            "source": f"linearmodels.tests.iv.test_postestimation:{test}",
            "command": f"ivregress {method} y_robust x3 x4 x5 ({endog} = z1 z2){options}",
            "asked": asked,
            "data": "ivregress",
            "endog": endog.split(),
            "stats": dict(zip(names, constants(path, test), strict=True)),
        }
    yield from hausman()
    path = STATSMODELS / "regression/tests/test_regression.py"
    values = constants(path, "TestFtestQ")
    yield {
        "source": "statsmodels.regression.tests.test_regression:TestFtestQ",
        "command": "regress TOTEMP GNPDEFL-YEAR",
        "asked": "test GNP + UNEMP = 0; GNP + ARMED = 0; GNP = 0; POP = 1; YEAR = 0",
        "data": "longley",
        "stats": dict(zip(["F", "p", "df_r", "df"], values, strict=True)),
    }


def hausman() -> Iterator[Block]:
    path = LINEARMODELS / "panel/test_results.py"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    values = next(
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "STATA_HAUSMAN"
    )
    for options, (statistic, pvalue) in values.items():
        words = options.replace("include_constant", "constant").replace("-", " ")
        yield {
            "source": "linearmodels.tests.panel.test_results:STATA_HAUSMAN",
            "command": "xtreg hours exper expersq, fe; xtreg hours exper expersq, re",
            "asked": f"hausman fe re{', ' + words if words else ''}",
            "data": "wage_panel",
            "stats": {"chi2": statistic, "p": pvalue},
        }


def cnsreg() -> Iterator[Block]:
    """Constrained least squares: the numbers stand as comments in the do file.

    Its errors are robust to the last digit, though the command there does not ask for that.
    """
    text = (STATSMODELS / "regression/tests/results/test_rls.do").read_text(encoding="utf-8")
    quoted = {
        key: [float(x) for x in re.findall(r"-?\d*\.\d+", line.partition("//")[2])]
        for line in text.splitlines()
        for key in ("e(ll)", "e(b)", "mata: se ")
        if key in line and "//" in line
    }
    yield {
        "source": "statsmodels/regression/tests/results/test_rls.do",
        "command": "cnsreg infl m1 unemp, c(1)",
        "vce": "robust",
        "constraints": ["m1 + unemp = 1"],
        "data": "macrodata_single",
        "depvar": "infl",
        "printed": {"decimals": 10},
        "terms": ["m1", "unemp", "_cons"],
        "b": quoted["e(b)"],
        "se": quoted["mata: se "],
        "stats": {"ll": quoted["e(ll)"][0]},
    }
