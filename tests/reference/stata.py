"""Numbers that Stata printed, out of the test folders of linearmodels and statsmodels.

    python tests/reference/stata.py

reads the outputs that both packages ship with their tests and writes the numbers, one block a
line, to the JSON files of `tests/reference/stata`; the README beside this file says what they
hold. Nothing of either package's code is kept. linearmodels ships Stata's own text, printed by
estout (`stata_estout.py`); statsmodels ships what Stata stored, as Python arrays, and both quote
single values inside their tests (`stata_stored.py`).
"""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable
from datetime import date
from importlib.metadata import version
from itertools import chain
from pathlib import Path

from stata_blocks import Block
from stata_estout import ivregress_housing, ivregress_simulated, panel, reg3, sureg
from stata_stored import after_estimation, classes, cnsreg, macro_var, stored

OUT = Path(__file__).parent / "stata"


def write(name: str, printed: dict[str, int], blocks: Iterable[Block]) -> None:
    """One block a line, after what they were made with."""
    packages = {package: version(package) for package in ("linearmodels", "statsmodels")}
    made = {"date": date.today().isoformat(), "python": platform.python_version(), **packages}
    head = json.dumps({"made": made, "printed": printed})[1:-1]
    lines = [json.dumps(block, separators=(",", ":"), allow_nan=False) for block in blocks]
    text = "{" + head + ', "blocks": [\n' + ",\n".join(lines) + "\n]}\n"
    (OUT / f"{name}.json").write_text(text, encoding="utf-8")
    print(f"{name}: {len(lines)} blocks, {len(text) // 1000} kB")


#: Digits before an exponent, and digits and leading zeros together without one.
ESTOUT = {"digits": 11, "mantissa": 7}
STORED_DIGITS = {"digits": 14, "mantissa": 10}


def main() -> None:
    by_method: dict[str, list[Block]] = {}
    for block in chain(ivregress_housing(), ivregress_simulated()):
        by_method.setdefault(block["method"], []).append(block)
    for method, blocks in by_method.items():
        write(f"ivregress_{method}", ESTOUT, blocks)
    write("systems", ESTOUT, chain(sureg(), reg3()))
    write("var", STORED_DIGITS, macro_var())
    write("panel", ESTOUT, panel())
    write("single", STORED_DIGITS, chain(stored(), classes(), cnsreg()))
    write("after", STORED_DIGITS, after_estimation())


if __name__ == "__main__":
    main()
