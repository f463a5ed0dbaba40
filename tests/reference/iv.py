"""Weak-instrument numbers from ivmodels and pyfixest, for test_diagnostics.py.

    python -m pip install ivmodels==0.10.0 pyfixest==0.60.0
    python tests/reference/iv.py > tests/reference/iv.json

The data are `simeq.datasets.simulate_interaction(seed=11)`, written out here as the arrays that
these programs take. pyfixest 0.60 takes the instruments as they are in its effective F, though the
paper has the exogenous regressors partialled out of them; so it gets partialled columns here, and
its small-sample factor, (n − 1)/(n − L₂) or g/(g − 1)·(n − 1)/(n − L₂) for the L₂ that it sees, is
for the reader of the numbers to mend.
"""

from __future__ import annotations

import json
import platform
import sys
from datetime import date
from importlib.metadata import version

import numpy as np
import pandas as pd
import pyfixest
from ivmodels import tests

from simeq.datasets import simulate_interaction

OWN = ["education", "research", "patent"]
EXCLUDED = ["creativity", "information", "green", "efficiency"]
BETAS = (0.0, 0.5, 0.717, 1.0)


def columns() -> pd.DataFrame:
    """The productivity equation, logs taken."""
    frame = simulate_interaction(seed=11)
    logs = np.log(frame[[*OWN, "creativity", "information"]])
    return frame.assign(**{name: logs[name] for name in logs})


def partialled(frame: pd.DataFrame) -> pd.DataFrame:
    """Residuals of regressions on the included regressors."""
    x = np.column_stack([np.ones(len(frame)), frame[OWN]])
    names = ["productivity", "manufacture", *EXCLUDED]
    y = frame[names].to_numpy()
    return pd.DataFrame(y - x @ np.linalg.lstsq(x, y, rcond=None)[0], columns=names)


def anderson_rubin(frame: pd.DataFrame) -> dict[str, object]:
    z, x = frame[EXCLUDED].to_numpy(), frame[["manufacture"]].to_numpy()
    y, c = frame["productivity"].to_numpy(), frame[OWN].to_numpy()
    options = {"C": c, "critical_values": "f", "fit_intercept": True}
    found = {b: tests.anderson_rubin_test(z, x, y, np.array([b]), **options) for b in BETAS}
    inverse = tests.inverse_anderson_rubin_test(z, x, y, alpha=0.05, **options)
    ends = inverse._boundary().ravel()
    return {
        "statistic": {str(b): float(statistic) for b, (statistic, _) in found.items()},
        "pvalue": {str(b): float(p) for b, (_, p) in found.items()},
        "set": sorted(map(float, ends)),
        "rank": float(tests.rank_test(z, x, C=c, fit_intercept=True)[0]),
    }


def effective_f(frame: pd.DataFrame) -> dict[str, float]:
    rest = partialled(frame).assign(unit=frame["unit"])
    formula = f"productivity ~ 0 | manufacture ~ {' + '.join(EXCLUDED)}"
    found = {}
    for name, vcov in (("hetero", "hetero"), ("cluster", {"CRV1": "unit"})):
        fit = pyfixest.feols(formula, rest, vcov=vcov)
        fit.first_stage()
        fit.IV_Diag()
        found[name] = float(fit._eff_F)
    return found


def main() -> None:
    frame = columns()
    json.dump(
        {
            "made": {
                "date": date.today().isoformat(),
                "python": platform.python_version(),
                **{name: version(name) for name in ("ivmodels", "pyfixest", "numpy")},
            },
            "anderson_rubin": anderson_rubin(frame),
            "effective_f": effective_f(frame),
        },
        sys.stdout,
        indent=1,
    )
    print()


if __name__ == "__main__":
    main()
