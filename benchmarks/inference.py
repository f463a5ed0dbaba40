"""Speed of robust, clustered and resampled standard errors beside linearmodels.

    python benchmarks/inference.py            prints the table, in some minutes
    python benchmarks/inference.py --smoke    small sizes, to see that it runs

Answers are compared first. linearmodels has no resampling, so it refits the system on each draw, or
without each cluster: some draws are timed, and the time of all is in proportion. It computes the
plainest covariance meanwhile; simeq's draws compute their clustered errors when asked for, which is
not timed here. BLAS has one thread.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

import systems
import timing
from timing import Race, Row, race, require_equal, timed

PERIODS = 12

FRESH = "import inference, sys; inference.in_a_fresh_process(*sys.argv[1:])"

#: One kind of error in both libraries' words, with the same small-sample factors.
KINDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "HC1": ({"cov_type": "HC1", "sigma_dof": "geomean"}, {"cov_type": "robust", "debiased": True}),
    "clustered": (
        {"cov_type": "cluster", "sigma_dof": "geomean"},
        {"cov_type": "clustered", "debiased": True, "group_debias": True},
    ),
}

CASES = (("3sls", "clustered"), ("3sls", "HC1"), ("2sls", "clustered"), ("i3sls", "clustered"))


@dataclass(frozen=True)
class Size:
    """How large the samples are and how often each job runs."""

    units: int
    draws: int
    refits: int
    times: int
    many: int
    fresh: int
    cases: int


FULL = Size(units=30, draws=999, refits=25, times=9, many=1_000_000, fresh=3, cases=4)
SMOKE = Size(units=13, draws=30, refits=2, times=1, many=2_000, fresh=1, cases=1)


def panel(units: int) -> pd.DataFrame:
    """Draw the paper's system for units of 12 periods."""
    data = systems.simulate(units * PERIODS)
    return data.assign(unit=np.repeat(np.arange(units), PERIODS))


def refit_formulas(data: pd.DataFrame, method: str, rows: np.ndarray) -> np.ndarray:
    """Coefficients of linearmodels on some rows, from formulas."""
    from linearmodels.system import IV3SLS

    model = IV3SLS.from_formula(systems.IV_FORMULAS, data.iloc[rows])
    return linearmodels_params(model, method)


def refit_arrays(parts: Mapping[str, Any], method: str, rows: np.ndarray) -> np.ndarray:
    """Coefficients of linearmodels on some rows of arrays that hold the logarithms already."""
    from linearmodels.system import IV3SLS

    taken = {
        label: {role: values[rows] for role, values in own.items()} for label, own in parts.items()
    }
    return linearmodels_params(IV3SLS(taken), method)


def linearmodels_params(model: Any, method: str) -> np.ndarray:
    """Coefficients in simeq's order: by equation, the endogenous regressor last."""
    return model.fit(cov_type="unadjusted", **peer_method(method)).params.to_numpy()


def peer_method(method: str) -> dict[str, Any]:
    """Return a method in linearmodels' words."""
    iterated = {"iterate": True, "tol": systems.TOL} if method == "i3sls" else {}
    return {"method": "ols" if method == "2sls" else "gls", **iterated}


def as_arrays(data: pd.DataFrame) -> dict[str, dict[str, np.ndarray]]:
    """Return the paper's system as the arrays that linearmodels takes."""
    ones = np.ones((len(data), 1))
    first = np.log(data[["education", "research", "patent"]].to_numpy())
    second = np.hstack([np.log(data[["creativity", "information"]]), data[["green", "efficiency"]]])
    y1, y2 = data[["productivity"]].to_numpy(), data[["manufacture"]].to_numpy()
    roles = ("dependent", "exog", "endog", "instruments")
    own = {
        "quality": (y1, np.hstack([ones, first]), y2, second),
        "transform": (y2, np.hstack([ones, second]), y1, first),
    }
    return {label: dict(zip(roles, arrays, strict=True)) for label, arrays in own.items()}


Refit = Callable[[np.ndarray], np.ndarray]


def refits(data: pd.DataFrame, method: str) -> dict[str, Refit]:
    """Return linearmodels' two ways to estimate again on some rows."""
    return {
        "formulas": partial(refit_formulas, data, method),
        "arrays": partial(refit_arrays, as_arrays(data), method),
    }


def bootstraps(size: Size) -> Iterator[Row]:
    """Time cluster-pairs bootstraps against refits on the rows that were drawn."""
    data = panel(size.units)
    model = systems.paper_simeq(data)
    targets = {("3sls", "formulas"): 500.0, ("3sls", "arrays"): 200.0}
    for method in ("3sls", "2sls", "i3sls"):
        fit = partial(resample, method=method, cov_type="bootstrap", n_boot=size.draws, seed=1)
        draws = fit(model).bootstrap
        rows = [rows_drawn(counts) for counts in draws.counts[: size.refits]]
        for way, refit in refits(data, method).items():
            work = f"{size.draws} cluster bootstraps, {method}, {len(data)} rows, {way}"
            theirs = partial(each, refit, rows)
            require_equal(work, draws.params.to_numpy()[: size.refits], theirs())
            ours = partial(fit, data if way == "formulas" else model)
            sample = race(ours, theirs, size.times)
            scaled = Race(sample.ours, sample.theirs * (size.draws / size.refits))
            yield timed(work, scaled, targets.get((method, way)))


def resample(given: Any, method: str, cov_type: str, **options: Any) -> Any:
    """Return a fit by draws of units, or without each, of a model or from formulas and data on."""
    model = systems.paper_simeq(given) if isinstance(given, pd.DataFrame) else given
    result = model.fit(method, cov_type=cov_type, cov_kwds={"groups": "unit", **options})
    result.bse.sum()
    return result


def rows_drawn(counts: np.ndarray) -> np.ndarray:
    """Rows of clusters of 12 rows, each as often as it was drawn."""
    drawn = np.repeat(np.arange(len(counts)), counts)
    return (drawn[:, None] * PERIODS + np.arange(PERIODS)).ravel()


def each(refit: Refit, rows: Sequence[np.ndarray]) -> np.ndarray:
    """Coefficients of linearmodels on each selection of rows."""
    return np.array([refit(own) for own in rows])


def jackknives(size: Size) -> Iterator[Row]:
    """Time jackknives against refits without each cluster, all of them."""
    data = panel(size.units)
    model = systems.paper_simeq(data)
    rows = [rows_drawn(counts) for counts in 1 - np.eye(size.units, dtype=int)]
    for method in ("3sls", "2sls", "i3sls"):
        fit = partial(resample, method=method, cov_type="jackknife")
        for way, refit in refits(data, method).items():
            work = f"jackknife, {method}, {len(data)} rows, {way}"
            theirs = partial(each, refit, rows)
            require_equal(work, fit(model).jackknife.params.to_numpy(), theirs())
            ours = partial(fit, data if way == "formulas" else model)
            yield timed(work, race(ours, theirs, size.times), 100.0 if method == "3sls" else None)


def many_rows(size: Size, folder: Path) -> Iterator[Row]:
    """Measure robust and clustered fits of many rows, each in a fresh process."""
    path = str(folder / "data.npy")
    np.save(path, np.asfortranarray(systems.simulate(size.many).to_numpy()))
    for method, kind in CASES[: size.cases]:
        found: dict[str, list[dict[str, Any]]] = {who: [] for who in systems.JOBS}
        for _ in range(size.fresh):
            for who, runs in found.items():
                runs.append(json.loads(timing.fresh(FRESH, who, path, method, kind)))
        work = f"{method}, {kind}, {size.many:,} rows"
        ours, theirs = found.values()
        require_equal(work, *(np.array(runs[0]["answer"]) for runs in (ours, theirs)))
        for what in ("fit", "from formulas"):
            yield timed(f"{work}, {what}", Race(*both(ours, theirs, what)), 10.0)
        grown = [float(np.median(x)) for x in both(ours, theirs, "bytes")]
        texts = [f"{x / 1e6:,.1f} MB" for x in grown]
        ratio = grown[1] / max(grown[0], 1.0)
        yield Row(f"{work}, memory added", *texts, ratio, "", str(size.fresh), 10.0)


def both(ours: list[dict[str, Any]], theirs: list[dict[str, Any]], what: str) -> list[np.ndarray]:
    """Return one quantity of both libraries' runs."""
    return [np.array([run[what] for run in runs]) for runs in (ours, theirs)]


def in_a_fresh_process(who: str, path: str, method: str, kind: str) -> None:
    """Print seconds, memory added and the answer of one library's robust fit."""
    robust(systems.simulate(100 * PERIODS), who, method, kind)
    data = systems.load(path)
    out: dict[str, Any] = {}
    out["bytes"] = timing.growth(lambda: out.update(robust(data, who, method, kind)))
    print(json.dumps(out))


def robust(data: pd.DataFrame, who: str, method: str, kind: str) -> dict[str, Any]:
    """Fit from formulas by one library; clusters are twelve rows each."""
    options = dict(KINDS[kind][who == "linearmodels"])
    units = np.arange(len(data)) // PERIODS
    begun = time.perf_counter()
    if who == "simeq":
        model = systems.paper_simeq(data)
        options |= {"method": method}
        options |= {"cov_kwds": {"groups": units}} if kind == "clustered" else {}
    else:
        from linearmodels.system import IV3SLS

        model = IV3SLS.from_formula(systems.IV_FORMULAS, data)
        options |= {"clusters": units} if kind == "clustered" else {}
        options |= peer_method(method)
    built = time.perf_counter()
    result = model.fit(**options)
    bse = result.bse if who == "simeq" else result.std_errors
    done = time.perf_counter()
    answer = np.concatenate([result.params, bse]).tolist()
    return {"fit": done - built, "from formulas": done - begun, "answer": answer}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="small sizes, to see that it runs")
    size = SMOKE if parser.parse_args().smoke else FULL
    os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
    with threadpool_limits(1), tempfile.TemporaryDirectory() as folder:
        print(timing.describe_machine(), end="\n\n", flush=True)
        rows = [*bootstraps(size), *jackknives(size), *many_rows(size, Path(folder))]
    timing.print_table(rows if size is FULL else [replace(row, target=None) for row in rows])


if __name__ == "__main__":
    main()
