"""Public infrastructure and the economy of 48 American states, 1970-86: the whole chain.

    python docs/study/us_states.py OUTPUT_FOLDER

Indicators, entropy weights, indices, coupling coordination by year and region, then two equations
in which each index drives the other: the tables of the paper, on real data, and what it should have
reported beside them. Tables go into the folder as Markdown and LaTeX, figures as PNG, and one page,
index.html, holds them all. Figures need the extra `plots`.

It is an illustration, not a finding. For a panel of your own change the settings.
"""

from __future__ import annotations

import base64
import html
import sys
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import coupling
from coupling.tables import Report, Table
from simeq import Comparison, SystemEquations, SystemResults, compare, datasets

# ---------------------------------------------------------------------------- settings

#: A CSV file of your own; None for the states that come with the library.
FILE: str | None = None
UNIT, TIME, REGION = "state", "year", "area"

#: Indicators of each subsystem, +1 where more is better and -1 where less is.
SYSTEMS = {
    "infrastructure": {"roads": +1, "waterworks": +1, "buildings": +1},
    "economy": {"output": +1, "growth": +1, "unemp": -1},
}

#: The index of each subsystem is the dependent of an equation; `_lag` is the year before.
EQUATIONS = {
    "infrastructure": "infrastructure ~ economy + infrastructure_lag + size",
    "economy": "economy ~ infrastructure + economy_lag + capital + nation",
}
LAGS = {"infrastructure_lag": "infrastructure", "economy_lag": "economy"}
CONTROLS = ("size", "capital", "nation")

#: Census divisions of each area.
AREAS = {"Northeast": (1, 2), "Midwest": (3, 4), "South": (5, 6, 7), "West": (8, 9)}

EXCLUSIONS = """
What identifies the two equations is what each leaves out. Infrastructure is built by budgets of
the years before: it rests on its own past and on the size of the state, while last year's economy,
private capital and the nation's unemployment move it only through this year's economy. The economy
rests on its own past, on private capital and on the nation, while last year's infrastructure and
the state's size move it only through this year's infrastructure. Each of these can be doubted:
federal highway money follows national recessions, and lags are no valid instruments when errors are
correlated over time. The tests below ask. Measured by worker, infrastructure falls when employment
rises, which alone makes its coefficient on the economy negative.
"""


def prepare(frame: pd.DataFrame) -> pd.DataFrame:
    """Make indicators and controls of the columns of the file; rows by unit and time."""
    frame = frame.sort_values([UNIT, TIME])
    made = {
        "roads": frame["hwy"] / frame["emp"],
        "waterworks": frame["water"] / frame["emp"],
        "buildings": frame["util"] / frame["emp"],
        "output": frame["gsp"] / frame["emp"],
        "growth": 100 * frame.groupby(UNIT)["emp"].pct_change(),
        "size": np.log(frame["emp"]),
        "capital": np.log(frame["pc"] / frame["emp"]),
        "nation": frame.groupby(TIME)["unemp"].transform("mean"),
        "area": frame["region"].map({d: area for area, own in AREAS.items() for d in own}),
    }
    return frame.assign(**made).dropna(subset=["growth"]).reset_index(drop=True)


# ---------------------------------------------------------------------------- the steps


def main(folder: str) -> None:
    """Run every step and write what comes out."""
    page = Page(Path(folder))
    frame = prepare(datasets.load_us_states() if FILE is None else pd.read_csv(FILE))
    scored = first_half(page, frame)
    model = interaction(frame, scored)
    results = second_half(page, model)
    what_should_be_reported(page, model, results["3SLS"])
    page.write("Infrastructure and the economy of the US states, 1970-86")


def first_half(page: Page, frame: pd.DataFrame) -> coupling.CouplingResult:
    """Tables 4, 5 and 6, and Figure 1: from indicators to coupling coordination degrees."""
    page.heading("From indicators to coupling")
    model = coupling.CouplingModel(SYSTEMS, weights="entropy")
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        scored = model.fit(frame, unit=UNIT, time=TIME)
    page.frame("table_4", "Table 4. Entropy weights inside each subsystem", scored.weights)
    page.text(*(f"Note: {warning.message}" for warning in heard))
    page.picture("figure_1", "Figure 1. Mean indices by year", draw_indices, scored)
    page.frame("table_5", "Table 5. Mean C, T and D by year", scored.yearly())
    regional = scored.regional(REGION)
    page.frame("table_6", "Table 6. Mean D by year and region", regional)
    page.text(
        "Means of the states' degrees, as the paper says of its tables. What it printed are "
        "degrees of means, stretched to [.01, .99], whose levels cannot be compared by region."
    )
    return scored


def interaction(frame: pd.DataFrame, scored: coupling.CouplingResult) -> SystemEquations:
    """Two equations in which each index drives the other."""
    panel = frame.set_index([UNIT, TIME]).join(scored.indices).reset_index()
    before = panel.groupby(UNIT)[list(scored.indices)].shift(1).add_suffix("_lag")
    return SystemEquations(EQUATIONS, panel.join(before), lags=LAGS)


def second_half(page: Page, model: SystemEquations) -> dict[str, SystemResults]:
    """Tables 7, 8 and 9: four estimators, controls left out, regions by themselves."""
    page.heading("How each drives the other")
    page.text(EXCLUSIONS)
    names = {"OLS": "ols", "2SLS": "2sls", "3SLS": "3sls", "iterated 3SLS": "i3sls"}
    results = {name: model.fit(method) for name, method in names.items()}
    page.comparison("table_7", "Table 7. Four estimators", compare(results))
    dropped = model.fit_dropping(*CONTROLS)
    page.comparison("table_8", "Table 8. Three-stage least squares, controls left out", dropped)
    regions = model.fit_by(REGION)
    page.comparison("table_9", "Table 9. Three-stage least squares by region", regions)
    return results


def what_should_be_reported(page: Page, model: SystemEquations, classical: SystemResults) -> None:
    """Errors that hold with 48 states, diagnostics, feedback and total effects."""
    page.heading("What the paper should have reported")
    by_unit = {"cov_kwds": {"groups": UNIT}, "use_t": True}
    clustered = model.fit("3sls", cov_type="cluster", **by_unit)
    jackknife = model.fit("3sls", cov_type="jackknife", **by_unit)
    errors = {"classical": classical, "clustered": clustered, "jackknife": jackknife}
    page.comparison("errors", f"Standard errors: classical, and by {UNIT}", compare(errors))
    page.picture("coefficients", "Coefficients with 95 % intervals", draw_coefficients, errors)
    tests = clustered.diagnostics()
    named = tests.set_index(["equation", "test"])
    page.frame("diagnostics", "Diagnostics", named, on_paper=named.drop(columns="null"))
    page.frame("first_stage", "First stages", clustered.first_stage().T)
    page.text(*plain_words(clustered, tests))
    page.printed("reduced_form", clustered.reduced_form().summary())
    page.picture("effects", "Structural against total effects", draw_effects, clustered)


def plain_words(result: SystemResults, tests: pd.DataFrame) -> list[str]:
    """Say what the diagnostics mean: instruments, errors over time, feedback."""
    p = tests.set_index(["equation", "test"])["pvalue"]
    said = []
    for label in EQUATIONS:
        strength, robust = result.tests.effective_f(label), result.tests.anderson_rubin(label, True)
        critical = strength.critical_values[0.1]
        kind = "WEAK" if strength.statistic < critical else "strong"
        serial = verdict(result.tests.serial_correlation(label, panels=UNIT).pvalue)
        said += [
            f"{label}: the instruments are {kind}, with an effective F of {strength.statistic:.1f} "
            f"where {critical:.1f} keeps the bias below a tenth of the worst case. Whatever their "
            f"strength: {robust.conf_set()}.",
            f"{label}: valid instruments are {verdict(p[label, 'Hansen J'])} by Hansen's J; errors "
            f"without correlation over time are {serial}. With it a lag is no valid instrument.",
        ]
    gain = result.reduced_form().loop_gain
    low, high = gain.conf_int()
    near = "near one or above: total effects are large and uncertain, and may turn sign"
    far = "far from one: total effects are near the direct ones"
    found = near if high > 0.8 else far
    return [*said, f"The loop gain is {gain.value:.3f} [{low:.3f}, {high:.3f}], {found}."]


def verdict(pvalue: float) -> str:
    """Whether a hypothesis stands at 5 %."""
    return f"REJECTED (p = {pvalue:.3f})" if pvalue < 0.05 else f"not rejected (p = {pvalue:.2f})"


# ---------------------------------------------------------------------------- figures


def draw_indices(scored: coupling.CouplingResult) -> Any:
    """Draw the paper's Figure 1."""
    from coupling import plot

    return plot.index_trends(scored).figure


def draw_coefficients(errors: Mapping[str, SystemResults]) -> Any:
    """Draw coefficients by kind of standard error."""
    from simeq import plot

    return plot.plot_coefficients(errors)


def draw_effects(result: SystemResults) -> Any:
    """Draw direct beside total effects."""
    from simeq import plot

    return plot.plot_effects(result.reduced_form())


# ---------------------------------------------------------------------------- the page


@dataclass
class Page:
    """Tables, figures and sentences in order, each written to the folder as it comes."""

    folder: Path
    parts: list[str] = field(default_factory=list)
    can_draw: bool = find_spec("matplotlib") is not None

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)

    def heading(self, text: str) -> None:
        self.parts.append(f"<h2>{html.escape(text)}</h2>")

    def text(self, *sentences: str) -> None:
        self.parts += [f"<p>{html.escape(' '.join(own.split()))}</p>" for own in sentences]

    def frame(
        self, name: str, title: str, frame: pd.DataFrame, on_paper: pd.DataFrame | None = None
    ) -> None:
        """Add a frame of numbers, with fewer columns on paper where it is too wide."""
        report = Report([Table(title, frame)])
        report.save(self.folder / f"{name}.md")
        paper = report if on_paper is None else Report([Table(title, on_paper)])
        paper.save(self.folder / f"{name}.tex")
        self.parts.append(report._repr_html_())

    def comparison(self, name: str, title: str, table: Comparison) -> None:
        """Add results side by side."""
        self.printed(name, table.styled(title=title))

    def printed(self, name: str, table: Any) -> None:
        """Add what renders itself."""
        (self.folder / f"{name}.md").write_text(table.to_markdown(), encoding="utf-8")
        (self.folder / f"{name}.tex").write_text(table.to_latex(), encoding="utf-8")
        self.parts.append(table.to_html())

    def picture(self, name: str, title: str, draw: Any, what: Any) -> None:
        """Draw a figure, or say what it needs."""
        if not self.can_draw:
            self.text(f"{title}: figures need matplotlib; pip install 'simeq[plots]'.")
            return
        import matplotlib as mpl

        mpl.use("agg")
        file = self.folder / f"{name}.png"
        draw(what).savefig(file, dpi=120, bbox_inches="tight")
        data = base64.b64encode(file.read_bytes()).decode()
        caption = f"<figcaption>{html.escape(title)}</figcaption>"
        image = f'<img alt="{html.escape(title)}" src="data:image/png;base64,{data}">'
        self.parts.append(f"<figure>{caption}{image}</figure>")

    def write(self, title: str) -> None:
        """Write index.html."""
        style = (
            "body{font-family:sans-serif;margin:2em auto;max-width:60em;padding:0 1em}"
            "table{border-collapse:collapse;margin:1em 0;display:block;overflow-x:auto}"
            "td,th{padding:.1em .6em;text-align:right}"
            "td:first-child,th:first-child,td.text,th[scope]{text-align:left}"
            "thead th{border-bottom:1px solid}"
            "caption,figcaption{text-align:left;font-weight:bold;padding:.4em 0}"
            "figure{margin:1em 0}img{max-width:100%}"
        )
        head = f"<title>{html.escape(title)}</title><style>{style}</style>"
        body = "\n".join([f"<h1>{html.escape(title)}</h1>", ILLUSTRATION, *self.parts])
        whole = f'<!DOCTYPE html><html lang="en"><meta charset="utf-8">{head}{body}</html>'
        (self.folder / "index.html").write_text(whole, encoding="utf-8")
        if not self.can_draw:
            print("Figures need the extra 'plots': pip install 'simeq[plots]'.", file=sys.stderr)
        print(f"{len(list(self.folder.iterdir()))} files in {self.folder}; open index.html.")


ILLUSTRATION = "<p><strong>An illustration of the method, not a finding.</strong></p>"

if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(sys.argv[1])
