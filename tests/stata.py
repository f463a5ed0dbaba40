"""What Stata printed (`reference/stata`), the data that it read, and how far printing rounds.

The data stay in the packages whose test folders they ship with; the README beside the numbers says
where. Where a package was installed without its tests, what needs its data is skipped.
"""

from __future__ import annotations

import functools
import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

REFERENCE = Path(__file__).parent / "reference" / "stata"

Block = dict[str, Any]


def blocks(name: str) -> list[Block]:
    """The blocks of a file, each with `printed`: how many digits its numbers have."""
    found = json.loads((REFERENCE / f"{name}.json").read_text(encoding="utf-8"))
    return [{"printed": found["printed"], **block} for block in found["blocks"]]


def square(lower: list[float]) -> np.ndarray:
    """A symmetric matrix from its lower triangle, row by row."""
    size = int(np.sqrt(2 * len(lower)))
    full = np.zeros((size, size))
    full[np.tril_indices(size)] = lower
    return full + np.tril(full, -1).T


def half_unit(printed: Any, block: Block) -> np.ndarray:
    """Half a unit in the last place of numbers that Stata printed.

    It prints a number of 1e-5 or more with so many digits and zeros after the point together, a
    smaller one with so many digits and an exponent; of three digits, which costs one of them. Some
    have been printed with so many decimals.
    """
    size = np.abs(np.asarray(printed, dtype=float))
    if "decimals" in block["printed"]:
        return np.full(size.shape, 0.5 * 10.0 ** -block["printed"]["decimals"])
    exponent = np.floor(np.log10(np.where(size > 0, size, 1.0)))
    digits, mantissa = block["printed"]["digits"], block["printed"]["mantissa"]
    fixed = np.maximum(exponent + 1, 0) - digits
    scientific = exponent + 1 - mantissa + (exponent <= -100)
    return np.where(size >= 1e-5, 0.5 * 10.0**fixed, np.where(size > 0, 0.5 * 10.0**scientific, 0))


# ---------------------------------------------------------------------------- data


def _folder(package: str) -> Path:
    """Where a package of the tests' is installed; what needs it is skipped if it is not."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        pytest.skip(f"{package} is not installed")
    return Path(spec.origin).parent


def _shipped(package: str, path: str) -> pd.DataFrame:
    """A data file of a package's test folder."""
    file = _folder(package) / path
    if not file.exists():
        pytest.skip(f"{package} was installed without {path}")
    if file.suffix == ".dta":
        return pd.read_stata(file, convert_categoricals=False)
    return pd.read_csv(file)


def _dataset(name: str) -> pd.DataFrame:
    """A data set of statsmodels, by its own loader."""
    module = importlib.import_module(f"statsmodels.datasets.{name}")
    return pd.DataFrame(module.load_pandas().data)


def _single(frame: pd.DataFrame) -> pd.DataFrame:
    """Numbers as Stata keeps them unless told otherwise: in single precision."""
    return frame.astype("float32").astype(float)


def _macro() -> pd.DataFrame:
    """Growth of investment and output in per cent a year, and the interest rate before."""
    d = _dataset("macrodata")
    growth = 400 * np.log(d[["realinv", "realgdp"]]).diff()
    growth.columns = ["g_realinv", "g_realgdp"]
    return growth.assign(L1_realint=d["realint"].shift()).dropna().reset_index(drop=True)


def _var() -> pd.DataFrame:
    """Growth of output, consumption and investment, and up to three lags."""
    return _lagged(np.log(_dataset("macrodata")[["realgdp", "realcons", "realinv"]]), 3)


def _var_single() -> pd.DataFrame:
    """The same from logarithms in single precision, and up to two lags."""
    logs = np.log(_dataset("macrodata")[["realgdp", "realcons", "realinv"]])
    return _lagged(_single(logs), 2)


def _lagged(logs: pd.DataFrame, lags: int) -> pd.DataFrame:
    """Growth rates and their lags, rows without them dropped."""
    d = logs.diff()
    d.columns = ["gdp", "cons", "inv"]
    earlier = {f"L{k}_{name}": d[name].shift(k) for k in range(1, lags + 1) for name in d}
    return d.assign(**earlier).dropna()


def _grunfeld() -> pd.DataFrame:
    """Stata's `grunfeld`: ten companies of the eleven, amounts in single precision."""
    names = {"value": "mvalue", "capital": "kstock", "firm": "company", "year": "time"}
    d = _dataset("grunfeld").iloc[:200].rename(columns=names)
    return d.assign(**_single(d[["invest", "mvalue", "kstock"]]))


def _griliches() -> pd.DataFrame:
    """Wages of young men; Stata keeps them in single precision and counts in double."""
    d = _shipped("statsmodels", "sandbox/regression/tests/griliches76.dta").astype(float)
    years = {f"dyear_{year}": 1.0 * (d["year"] == year) for year in range(67, 74)}
    return d.assign(**years)


def _cpunish() -> pd.DataFrame:
    """Executions by state; weights and clusters as in statsmodels' test_glm_weights.py."""
    d = _single(_dataset("cpunish").rename(columns=str.lower))
    weights = [1, 1, 1, 2, 2, 2, 3, 3, 3, 1, 1, 1, 2, 2, 2, 3, 3]
    crime = _single(np.log(d[["vc100k96"]]))["vc100k96"]
    return d.assign(LN_VC100k96=crime, fweight=weights, id=np.arange(1, 18) // 2)


def _panel() -> pd.DataFrame:
    """Firms by years; the file's own firm_id numbers its rows, Stata's numbered the firms."""
    d = _shipped("linearmodels", "tests/panel/results/simulated-panel.dta")
    return d.assign(firm_id=d["firm"])


def _docvis() -> pd.DataFrame:
    """Visits to doctors, as in statsmodels' test_gmm_poisson.py."""
    d = _shipped("statsmodels", "sandbox/regression/tests/racd10data_with_transformed.csv")
    return d[~((d["private"] == 1) & (d["medicaid"] == 1)) & (d["docvis"] <= 70)]


def _wage_panel() -> pd.DataFrame:
    module = importlib.import_module("linearmodels.datasets.wage_panel")
    return pd.DataFrame(module.load())


FRAMES: dict[str, Callable[[], pd.DataFrame]] = {
    "ivregress": lambda: _shipped("linearmodels", "tests/iv/results/simulated-data.dta"),
    "housing": lambda: _shipped("linearmodels", "tests/iv/results/housing.csv"),
    "sureg": lambda: _shipped("linearmodels", "tests/system/results/simulated-sur.dta"),
    "reg3": lambda: _shipped("linearmodels", "tests/system/results/simulated-3sls.dta"),
    "panel": _panel,
    "wage_panel": _wage_panel,
    "macro": _macro,
    "macrodata_single": lambda: _single(_dataset("macrodata")),
    "var": _var,
    "var_single": _var_single,
    "grunfeld": _grunfeld,
    "griliches": _griliches,
    "docvis": _docvis,
    "cpunish": _cpunish,
    "longley": lambda: _dataset("longley"),
    "longley_single": lambda: _single(_dataset("longley")),
    "ccard": lambda: _dataset("ccard"),
}


@functools.cache
def data(name: str) -> pd.DataFrame:
    """The data of a block, by the name that its `data` has."""
    return FRAMES[name]()
