"""Turn the output of gretl.inp (standard input) into gretl.json beside this file.

Run from the repository root:

    gretlcli -b "$PWD/tests/reference/gretl.inp" | python tests/reference/gretl_to_json.py
"""

import json
import re
import sys
from pathlib import Path

KLEIN = {
    "consumption": "consump ~ corpProf + corpProfLag + wages",
    "investment": "invest ~ corpProf + corpProfLag + capitalLag",
    "private_wages": "privWage ~ gnp + gnpLag + trend",
}
OUTPUT = "np.log(gsp) ~ np.log(pcap) + np.log(pc) + np.log(emp) + unemp"
LABOUR = "np.log(emp) ~ np.log(gsp) + np.log(pc) + np.log(hwy)"
ROADS = "np.log(hwy) ~ np.log(gsp) + np.log(util) + unemp"
YEAR = "I(year - 1978)"
SCALE = "[output]np.log(pcap) + [output]np.log(pc) + [output]np.log(emp) = 1"
STATES_FILE = "src/simeq/datasets/us_states.csv"

# The names, formulas and constraints are those of systemfit.json.
DATASETS = {
    "klein": {
        "file": "src/simeq/datasets/klein.csv",
        "drop": "year == 1920",
        "equations": KLEIN,
        "instruments": "~ govExp + taxes + govWage + trend + capitalLag + corpProfLag + gnpLag",
        "constraints": [
            "[consumption]corpProf = [investment]corpProf",
            "[private_wages]gnp + [private_wages]gnpLag = 0.6",
        ],
    },
    "us_states": {
        "file": STATES_FILE,
        "drop": None,
        "equations": {"output": OUTPUT, "labour": LABOUR},
        "instruments": "~ np.log(pc) + np.log(hwy) + np.log(water) + np.log(util) + unemp"
        f" + {YEAR}",
        "constraints": ["[output]np.log(pcap) = [labour]np.log(hwy)", SCALE],
    },
    "us_states_roads": {
        "file": STATES_FILE,
        "drop": None,
        "equations": {"output": OUTPUT, "roads": ROADS},
        "instruments": f"~ np.log(pc) + np.log(water) + np.log(util) + unemp + {YEAR}",
        "constraints": ["[output]unemp = [roads]unemp", SCALE],
    },
    "us_states_by_equation": {
        "file": STATES_FILE,
        "drop": None,
        "equations": {"output": OUTPUT, "labour": LABOUR},
        "instruments": {
            "output": "~ np.log(pc) + np.log(hwy) + np.log(water) + np.log(util) + unemp",
            "labour": f"~ np.log(pc) + np.log(hwy) + np.log(util) + {YEAR}",
        },
    },
    "us_states_roads_by_equation": {
        "file": STATES_FILE,
        "drop": None,
        "equations": {"output": OUTPUT, "roads": ROADS},
        "instruments": {
            "output": f"~ np.log(pc) + np.log(water) + np.log(util) + unemp + {YEAR}",
            "roads": f"~ np.log(pc) + np.log(util) + unemp + {YEAR}",
        },
    },
}
TEST = r"^(\w.* test[^:\n]*):\s+((?:Chi-square|F)\(\S+\)) = (\S+)"  # title, law, value
METHODS = {"tsls": "2sls"}  # gretl's name -> simeq's, where they differ


def terms_of(equations):
    return [
        [label, term.strip()]
        for label, formula in equations.items()
        for term in ["Intercept", *formula.split("~")[1].split(" + ")]
    ]


def square(values, size):
    return [values[i * size : (i + 1) * size] for i in range(size)]


def find(pattern, text, convert=str):
    match = re.search(pattern, text)
    return convert(match[1]) if match else None


def parse_case(header, body):
    dataset, constrained, *fit = header.split()
    tags = dict(re.findall(r"^@@(\w+) ?(.*)$", body, flags=re.M))
    iterated = "--iterate" in fit
    method = METHODS.get(fit[0], fit[0])
    bse_dof = "none" if "--no-df-corr" in fit else "n-k"
    case = {
        "dataset": dataset,
        "method": f"i{method}" if iterated else method,
        "sigma_dof": "geomean" if "--geomean" in fit else "none",
        "bse_dof": bse_dof if method in ("ols", "2sls") else None,
        "constrained": constrained == "1",
        "call": "method=" + " ".join(fit),
        "error": tags.get("error"),
    }
    if case["error"] is not None:
        return case
    values = {
        key: [float(v) for v in tags[key].split()]
        for key in ("coeff", "stderr", "vcv", "sigma", "rsq", "rss")
    }
    groups = len(values["rsq"])
    return case | {
        "params": values["coeff"],
        "bse": values["stderr"],
        "cov": square(values["vcv"], len(values["coeff"])),
        "sigma_resid": square(values["sigma"], groups),
        "rss": values["rss"],
        "rsquared": values["rsq"],
        "rsquared_printed": [float(v) for v in re.findall(r"^R-squared\s+(\S+)", body, flags=re.M)],
        "llf": None if tags["lnl"] == "NA" else float(tags["lnl"]),
        "llf_printed": find(r"Log-likelihood = (\S+)", body, float),
        "nobs": int(tags["nobs"]),
        "distribution": "t" if "t-ratio" in body else "z",
        "n_iter": find(r"Convergence achieved after (\d+) iterations", body, int),
        "breusch_pagan": breusch_pagan(tags, body),
        "tests_printed": [
            [title, law, float(value)] for title, law, value in re.findall(TEST, body, flags=re.M)
        ],
    }


def breusch_pagan(tags, body):
    """The accessor's test; None where gretl gives another (iterated SUR: likelihood ratio)."""
    if "diag" not in tags or "Breusch-Pagan" not in body:
        return None
    stat, pvalue, df = tags["diag"].split()
    return {"stat": float(stat), "pvalue": float(pvalue), "df": int(df)}


def main():
    text = sys.stdin.read()
    cases = [
        parse_case(header, body)
        for header, body in re.findall(r"^@@case ([^\n]*)\n(.*?)^@@end$", text, flags=re.M | re.S)
    ]
    version = find(r"gretl version (\S+)", text)
    datasets = {
        key: value | {"terms": terms_of(value["equations"])} for key, value in DATASETS.items()
    }
    target = Path(__file__).with_name("gretl.json")
    described = ",\n  ".join(
        f"{json.dumps(key)}: {json.dumps(value)}" for key, value in datasets.items()
    )
    program = json.dumps({"name": "gretl", "gretl": version})
    lines = ",\n  ".join(json.dumps(case) for case in cases)
    target.write_text(
        f'{{\n"program": {program},\n"datasets": {{\n  {described}\n}},\n'
        f'"cases": [\n  {lines}\n]\n}}\n'
    )
    errors = sum(case["error"] is not None for case in cases)
    print(f"{len(cases)} cases, {target.stat().st_size} bytes; {errors} errors")


if __name__ == "__main__":
    main()
