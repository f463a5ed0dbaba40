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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import coupling
from coupling.tables import Report, Table
from simeq import (
    Comparison,
    ReducedForm,
    SimeqError,
    SimeqWarning,
    SystemEquations,
    SystemResults,
    compare,
    datasets,
)

# ---------------------------------------------------------------------------- settings

#: A CSV file of your own; None for the states that come with the library.
FILE: str | None = None
TITLE = "Infrastructure and the economy of the US states, 1970-86"
UNIT, TIME, REGION = "state", "year", "area"

#: Indicators of each subsystem, +1 where more is better and -1 where less is.
SYSTEMS = {
    "infrastructure": {"roads": +1, "waterworks": +1, "buildings": +1},
    "economy": {"output": +1, "growth": +1, "unemp": -1},
}

#: The index of each subsystem is the dependent of an equation; `_lag` is the time before.
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
    """Make indicators and controls of the columns of the file."""
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
    return frame.assign(**made)


# ---------------------------------------------------------------------------- the steps


def main(folder: str) -> None:
    """Run every step and write what comes out."""
    page = Page(Path(folder))
    frame = prepare(datasets.load_us_states() if FILE is None else pd.read_csv(FILE))
    frame = complete(page, frame)
    scored = first_half(page, frame)
    model = interaction(frame, scored)
    results = second_half(page, model)
    what_should_be_reported(page, model, results["3SLS"])
    page.write(TITLE)


def complete(page: Page, frame: pd.DataFrame) -> pd.DataFrame:
    """Sort rows by unit and time, without those that miss an indicator or one of the keys."""
    needed = [UNIT, TIME, REGION, *(name for own in SYSTEMS.values() for name in own)]
    unknown = [name for name in needed if name not in frame]
    if unknown:
        raise SystemExit(f"The settings name {unknown}; the columns are {list(frame)}.")
    kept = frame.dropna(subset=needed)
    lost = len(frame) - len(kept)
    if lost:
        page.text(f"{lost} of {len(frame)} rows miss an indicator or a key, and are left out.")
    return kept.sort_values([UNIT, TIME]).reset_index(drop=True)


def first_half(page: Page, frame: pd.DataFrame) -> coupling.CouplingResult:
    """Tables 4, 5 and 6, and Figure 1: from indicators to coupling coordination degrees."""
    page.heading("From indicators to coupling")
    model = coupling.CouplingModel(SYSTEMS, weights="entropy")
    with page.notes():
        scored = model.fit(frame, unit=UNIT, time=TIME)
    page.frame("table_4", "Table 4. Entropy weights inside each subsystem", scored.weights)
    page.picture("figure_1", "Figure 1. Mean indices by year", draw_indices, scored)
    page.frame("table_5", "Table 5. Mean C, T and D by year", scored.yearly())
    regional = scored.regional(REGION)
    page.frame("table_6", "Table 6. Mean D by year and region", regional)
    page.text(
        f"Means of the degrees by {UNIT}, as the paper says of its tables. What it printed are "
        "degrees of means, stretched to [.01, .99], whose levels cannot be compared by region."
    )
    return scored


def interaction(frame: pd.DataFrame, scored: coupling.CouplingResult) -> SystemEquations:
    """Two equations in which each index drives the other."""
    panel = frame.set_index([UNIT, TIME]).join(scored.indices).reset_index()
    before = panel.groupby(UNIT)[list(scored.indices)].shift(1).add_suffix("_lag")
    times = pd.Series(pd.factorize(panel[TIME], sort=True)[0])
    follows = times.groupby(panel[UNIT]).diff() == 1  # not across a time that a unit lacks
    return SystemEquations(EQUATIONS, panel.join(before.where(follows)), lags=LAGS)


def second_half(page: Page, model: SystemEquations) -> dict[str, SystemResults]:
    """Tables 7, 8 and 9: four estimators, controls left out, regions by themselves."""
    page.heading("How each drives the other")
    page.text(EXCLUSIONS)
    names = {"OLS": "ols", "2SLS": "2sls", "3SLS": "3sls", "iterated 3SLS": "i3sls"}
    with page.notes():
        results = {name: model.fit(method) for name, method in names.items()}
    page.comparison("table_7", "Table 7. Four estimators", compare(results))
    with page.notes("Table 8"):
        dropped = model.fit_dropping(*CONTROLS)
        page.comparison("table_8", "Table 8. Three-stage least squares, controls left out", dropped)
    with page.notes("Table 9"):
        regions = model.fit_by(REGION)
        page.comparison("table_9", "Table 9. Three-stage least squares by region", regions)
    return results


def what_should_be_reported(page: Page, model: SystemEquations, classical: SystemResults) -> None:
    """Errors that hold with few units, diagnostics, feedback and total effects."""
    page.heading("What the paper should have reported")
    by_unit = {"cov_kwds": {"groups": UNIT}, "use_t": True}
    with page.notes():
        clustered = model.fit("3sls", cov_type="cluster", **by_unit)
    errors = {"classical": classical, "clustered": clustered}
    with page.notes("The jackknife"):
        errors["jackknife"] = model.fit("3sls", cov_type="jackknife", **by_unit)
    page.comparison("errors", f"Standard errors: classical, and by {UNIT}", compare(errors))
    page.picture("coefficients", "Coefficients with 95 % intervals", draw_coefficients, errors)
    tests = clustered.diagnostics()
    named = tests.set_index(["equation", "test"])
    page.frame("diagnostics", "Diagnostics", named, on_paper=named.drop(columns="null"))
    page.frame("first_stage", "First stages", clustered.first_stage().T)
    for label in EQUATIONS:
        with page.notes(f"What tests say of {label}"):
            page.text(*of_instruments(clustered, label, named["pvalue"]))
    with page.notes("The reduced form"):
        form = clustered.reduced_form()
        page.text(of_feedback(form))
        page.printed("reduced_form", form.summary())
        page.picture("effects", "Structural against total effects", draw_effects, clustered)


def of_instruments(result: SystemResults, label: str, p: pd.Series[float]) -> Iterator[str]:
    """Say how strong and how valid an equation's instruments are."""
    endogenous = result.tests.endogenous[label]
    if len(endogenous) == 1:
        strength, robust = result.tests.effective_f(label), result.tests.anderson_rubin(label, True)
        critical = strength.critical_values[0.1]
        kind = "WEAK" if strength.statistic < critical else "strong"
        yield (
            f"{label}: the instruments are {kind}, with an effective F of {strength.statistic:.1f} "
            f"where {critical:.1f} keeps the bias below a tenth of the worst case. Whatever their "
            f"strength: {robust.conf_set()}."
        )
    elif endogenous:
        yield f"{label}: for the strength of the instruments see the first stages."
    if (label, "Hansen J") in p:
        yield f"{label}: valid instruments are {verdict(p[label, 'Hansen J'])} by Hansen's J."
    elif endogenous:
        yield f"{label}: exactly identified, so that no test asks whether instruments are valid."
    serial = verdict(result.tests.serial_correlation(label, panels=UNIT).pvalue)
    lags = " With such correlation a lag is no valid instrument." if LAGS else ""
    yield f"{label}: errors without correlation over time are {serial}.{lags}"


def of_feedback(form: ReducedForm) -> str:
    """Say how near to one feedback comes."""
    pair = len(EQUATIONS) == 2
    measure = form.loop_gain if pair else form.spectral_radius
    low, high = measure.conf_int()
    said = f"The {measure.name} is {measure.value:.3f} [{low:.3f}, {high:.3f}]"
    if not high < 0.8:
        return f"{said}, near one or above: total effects are uncertain, and may turn sign."
    if not pair:
        return f"{said}, below one: rounds of feedback die out."
    times = 1 / (1 - measure.value)
    return (
        f"{said}, below one: what an exogenous variable does to the dependent of its own equation "
        f"is in total {times:.3f} times the direct effect."
    )


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
    from simeq.plot import pictures as plot

    return plot.plot_coefficients(errors)


def draw_effects(result: SystemResults) -> Any:
    """Draw direct beside total effects."""
    from simeq.plot import pictures as plot

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

    @contextmanager
    def notes(self, step: str | None = None) -> Iterator[None]:
        """Write down what is warned of; a named step may fail, and the others go on."""
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            try:
                yield
            except SimeqError as error:
                if step is None:
                    raise
                self.text(f"{step} is left out: {error}")
        kinds = (SimeqWarning, coupling.CouplingWarning)
        told = html.unescape("".join(self.parts))
        said = dict.fromkeys(str(own.message) for own in heard if issubclass(own.category, kinds))
        self.text(*(f"Note: {text}" for text in said if text not in told))

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
            "td,th{padding:.1em .6em;text-align:right;white-space:nowrap}"
            "td:first-child,th:first-child,.text,th[scope]{text-align:left}"
            "td.text{white-space:normal;min-width:9em}"
            "thead th{border-bottom:1px solid}"
            "caption,figcaption{text-align:left;font-weight:bold;padding:.4em 0}"
            "figure{margin:1em 0}img{max-width:100%}"
        )
        phone = '<meta name="viewport" content="width=device-width">'
        head = f"{phone}<title>{html.escape(title)}</title><style>{style}</style>"
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
    try:
        main(sys.argv[1])
    except (SimeqError, coupling.CouplingError) as error:
        raise SystemExit(f"The study stops here: {error}") from None
