"""Stata's blocks that simeq can fit, as cases: one table of what is asked for, and of what waits.

Every case names the options that it relies on: of the preset it takes the form of the covariance,
R² and the rule of iterations, and for sureg and reg3 all the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stata import Block, blocks

#: Two routes through double precision; the data are not ill-conditioned.
NOISE = 1e-12

#: Stata's own distance from the exact coefficients of griliches76, which rational arithmetic
#: gives: 1.6e-10 with ivreg2, 1.3e-9 where gmm's Gauss-Newton steps stop; simeq's is 2e-14.
IVREG2, GAUSS_NEWTON = 1e-9, 1e-8


@dataclass(frozen=True)
class Case:
    """A block, and how simeq is asked for it."""

    block: Block
    equations: dict[str, str]
    method: str
    options: dict[str, Any]
    instruments: str | None = None
    noise: float = NOISE
    #: What Stata prints by another rule than simeq's, with the reason where the case is made.
    apart: tuple[str, ...] = ()
    #: Of Stata's covariance over simeq's.
    factor: float = 1.0

    @property
    def name(self) -> str:
        """The command, of systems a short name, and where the same command was run twice which."""
        block = self.block
        if len(self.equations) > 1:
            return f"{block['command'].split()[0]} {block['name']}"
        if block["data"] == "grunfeld":
            return f"{block['command']} ({block['source'].rpartition(':')[2]})"
        return block["command"] + (" (single precision)" if "_single" in block["data"] else "")

    @property
    def terms(self) -> list[tuple[str, str]]:
        """Coefficients in the block's order, as (equation, term)."""
        (only, *_) = self.equations
        pairs = [t if isinstance(t, list) else (only, t) for t in self.block["terms"]]
        return [(equation, _term(term)) for equation, term in pairs]

    @property
    def statistics(self) -> dict[str, dict[str, float | None]]:
        """Printed statistics by equation."""
        printed = self.block["stats"]
        if len(self.equations) == 1:
            return dict.fromkeys(self.equations, printed)
        kinds = ("r2_", "rss_", "rmse_", "F_", "chi2_", "p_")
        return {
            label: {kind[:-1]: printed.get(f"{kind}{i}") for kind in kinds}
            for i, label in enumerate(self.equations, 1)
        }


def _term(name: str) -> str:
    """Stata's name of a term as it stands in a formula here."""
    if name in ("_cons", "b0"):
        return "Intercept"
    lag, point, rest = name.rpartition(".")
    return f"{lag if len(lag) > 1 else lag + '1'}_{rest}" if point else name.removeprefix("xb_")


def _formula(y: str, terms: list[str]) -> str:
    """A right side of terms, the constant only where it is among them."""
    here = [_term(term) for term in terms]
    slopes = [term for term in here if term != "Intercept"]
    return f"{y} ~ {' + '.join(slopes if 'Intercept' in here else ['0', *slopes])}"


# ---------------------------------------------------------------------------- the cases

SMALL = {"sigma_dof": "geomean", "use_t": True}
LARGE = {"sigma_dof": "none", "use_t": False}


def errors(vce: str, small: bool) -> dict[str, Any]:
    """Options for Stata's `vce()`; `small` brings a factor and Student's t."""
    kind, *words = vce.split()
    corrected = {"use_correction": small}
    kinds: dict[str, dict[str, Any]] = {
        "unadjusted": {},
        "robust": {"cov_type": "HC1" if small else "HC0"},
        "cluster": {"cov_type": "cluster", "cov_kwds": {"groups": words[:1], **corrected}},
        "hac": {"cov_type": "HAC", "cov_kwds": {"maxlags": 12, **corrected}},
    }
    return (SMALL if small else LARGE) | kinds[kind]


def ivregress() -> list[Case]:
    return [_ivregress(b) for b in blocks("ivregress_2sls") if not b["weights"]]


def _ivregress(b: Block) -> Case:
    factors = [term.replace("i.region", "C(region)") for term in b["excluded"]]
    start = [] if b["constant"] else ["0"]
    return Case(
        b,
        {b["y"]: _formula(b["y"], b["terms"])},
        "2sls",
        errors(b["vce"], b["small"]),
        "~ " + " + ".join([*start, *b["exog"], *factors]),
    )


#: reg3's word, or sureg's case, to method and options: the preset is asked for the rest.
SYSTEMS: dict[str, tuple[str, dict[str, Any]]] = {
    "base": ("sur", {}),
    "ss": ("sur", {"sigma_dof": "geomean", "use_t": True}),
    "constrained": ("sur", {}),
    "3sls": ("3sls", {}),
    "2sls": ("2sls", {}),
    "ols": ("ols", {}),
    "sur": ("sur", {}),
    "3sls ireg3": ("i3sls", {}),
}


def systems() -> list[Case]:
    return [_system(b) for b in blocks("systems")]


def _system(b: Block) -> Case:
    method, options = SYSTEMS[b["name"].rpartition("-")[2]]
    if b["constraints"]:
        options = options | {"constraints": b["constraints"]}
    return Case(b, _equations(b), method, options)


def _equations(b: Block) -> dict[str, str]:
    labels = dict.fromkeys(label for label, _ in b["terms"])
    return {y: _formula(y, [term for label, term in b["terms"] if label == y]) for y in labels}


def autoregressions() -> list[Case]:
    """Lags are the same in each equation, so SUR is OLS.

    Of var's own rules apart: rmse is √(RSS/(n − k)) whatever the divisor, `small` is t(n − k).
    """
    plain, small = blocks("var")
    return [
        Case(plain, _equations(plain), "sur", {}, apart=("rmse",)),
        Case(small, _equations(small), "sur", {"sigma_dof": "geomean"}, apart=("p",)),
    ]


def pooled() -> list[Case]:
    kinds = {"conventional": "unadjusted", "robust": "robust", "cluster": "cluster firm_id"}
    return [
        Case(b, {b["y"]: _formula(b["y"], b["terms"])}, "ols", errors(kinds[b["vce"]], True))
        for b in blocks("panel")
        if b["estimator"] == "pooled" and not b["weights"]
    ]


COMPANY = {"groups": ["company"]}
BOTH = {"groups": ["company", "time"]}

#: ivreg2's F is always that of `small`.
IVREG2_F = ("F",)
#: xtscc has t(units − 1), 9 with ten companies in 20 years; ivreg2 has t(periods − 1).
XTSCC_T = ("p",)


def hac(lags: int, corrected: bool) -> dict[str, Any]:
    return {"cov_type": "HAC", "cov_kwds": {"maxlags": lags, "use_correction": corrected}}


def newey(lags: int) -> dict[str, Any]:
    options = {**COMPANY, "maxlags": lags, "use_correction": True}
    return SMALL | {"cov_type": "hac-panel", "cov_kwds": options}


def driscoll_kraay(lags: int) -> dict[str, Any]:
    options = {"time": "time", "maxlags": lags, "use_correction": False}
    return LARGE | {"cov_type": "hac-groupsum", "cov_kwds": options}


MACRO, GRUNFELD = "g_realinv g_realgdp L.realint", "invest mvalue kstock"
WAGES = "lw expr tenure rns smsa dyear* (s iq=med kww age mrt)"
WAGES_GMM = "(lw - {xb:s iq expr tenure rns smsa dyear*} - {b0})"

#: Single equations: command, options, what is apart, noise.
SINGLE: dict[str, tuple[dict[str, Any], tuple[str, ...], float]] = {
    f"regress {MACRO}, vce(robust)": (errors("robust", True), (), NOISE),
    f"newey {MACRO}, lag(4)": (SMALL | hac(4, True), (), NOISE),
    f"ivreg2 {MACRO}, robust": (errors("robust", False), IVREG2_F, NOISE),
    f"ivreg2 {MACRO}, robust small": (errors("robust", True), (), NOISE),
    f"ivreg2 {MACRO}, robust bw(5)": (LARGE | hac(4, False), IVREG2_F, NOISE),
    f"ivreg2 {MACRO}, robust bw(5) small": (SMALL | hac(4, True), (), NOISE),
    f"regress {GRUNFELD}, vce(cluster company)": (errors("cluster company", True), (), NOISE),
    f"ivreg2 {GRUNFELD}, cluster(company)": (errors("cluster company", False), IVREG2_F, NOISE),
    f"ivreg2 {GRUNFELD}, cluster(company time)": (
        LARGE | {"cov_type": "cluster", "cov_kwds": BOTH | {"use_correction": False}},
        IVREG2_F,
        NOISE,
    ),
    **{f"newey {GRUNFELD}, lag({lag}) force": (newey(lag), (), NOISE) for lag in (0, 1, 4)},
    **{
        f"xtscc {GRUNFELD}, lag({lag})": (driscoll_kraay(lag) | SMALL, XTSCC_T, NOISE)
        for lag in (0, 1, 4)
    },
    f"ivreg2 {GRUNFELD}, dkraay(5)": (driscoll_kraay(4), IVREG2_F, NOISE),
    "regress TOTEMP GNPDEFL-YEAR, noconstant": (errors("unadjusted", True), (), 1e-10),
    f"ivreg2 {WAGES}": (errors("unadjusted", False), IVREG2_F, IVREG2),
    f"ivreg2 {WAGES}, robust": (errors("robust", False), IVREG2_F, IVREG2),
    f"ivreg2 {WAGES}, small": (errors("unadjusted", True), (), IVREG2),
    f"ivreg2 {WAGES}, small robust": (errors("robust", True), (), IVREG2),
    f"gmm {WAGES_GMM}, instruments(expr tenure rns smsa dyear* med kww age mrt) onestep": (
        errors("robust", False),
        (),
        GAUSS_NEWTON,
    ),
}

WAGES_INSTRUMENTS = "~ expr + tenure + rns + smsa + med + kww + age + mrt" + "".join(
    f" + dyear_{year}" for year in (67, 68, 69, 70, 71, 73)
)


def single() -> list[Case]:
    return [_single(b) for b in blocks("single") if b["command"] in SINGLE] + [constrained()]


def _single(b: Block) -> Case:
    options, apart, noise = SINGLE[b["command"]]
    y = b.get("depvar", "lw")
    wages = b["data"] == "griliches"
    method, instruments = ("2sls", WAGES_INSTRUMENTS) if wages else ("ols", None)
    return Case(b, {y: _formula(y, b["terms"])}, method, options, instruments, noise, apart)


def constrained() -> Case:
    """cnsreg: n/(n − k + r) times HC0, where HC1 here counts k before constraints."""
    (b,) = (b for b in blocks("single") if b["command"].startswith("cnsreg"))
    options = errors("robust", False) | {"constraints": "[infl]m1 + [infl]unemp = 1"}
    equations = {"infl": _formula("infl", b["terms"])}
    return Case(b, equations, "ols", options, factor=203 / (203 - 3 + 1))


CASES = [*ivregress(), *systems(), *autoregressions(), *pooled(), *single()]


# ---------------------------------------------------------------------------- what waits


def waits_for(b: Block) -> str | None:
    """What simeq lacks to fit a block, None for nothing."""
    command = b["command"]
    for start, what in (("ivregress liml", "LIML"), ("ivregress gmm", "GMM"), ("xtreg", "effects")):
        if command.startswith(start):
            return what
    if "exp({xb:" in command:
        return "nonlinear moments"
    if "gmm2s" in command or (command.startswith("gmm") and not command.endswith("onestep")):
        return "GMM"
    if "weight=" in command or "[aw=" in command:
        return "weights"
    if command.endswith(("cluster(company time) small", "dkraay(5) small")):
        return "ivreg2's small factor"
    return "autoregressive errors" if command.startswith("prais") else None
