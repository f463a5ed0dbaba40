"""The study of the documentation: every table and figure comes out, of other data too."""

from __future__ import annotations

import html
import importlib.util
import re
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from simeq.datasets import load_us_states

SCRIPT = Path(__file__).parents[1] / "docs" / "study" / "us_states.py"
TABLES = (
    *(f"table_{number}" for number in range(4, 10)),
    "errors",
    "diagnostics",
    "first_stage",
    "reduced_form",
)
FIGURES = ("figure_1", "coefficients", "effects")


def test_it_writes_tables_figures_and_one_page(tmp_path):
    run = subprocess.run(
        [sys.executable, str(SCRIPT), str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert run.stderr == ""
    expected = {f"{name}{ending}" for name in TABLES for ending in (".md", ".tex")}
    expected |= {f"{name}.png" for name in FIGURES} | {"index.html"}
    assert {file.name for file in tmp_path.iterdir()} == expected
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert page.count("data:image/png;base64") == len(FIGURES)
    for text in (
        "not a finding",
        "Table 9",
        "REJECTED (p = 0.000) by Hansen",
        "loop gain",
        "Equal coefficients in all groups",
    ):
        assert text in page
    assert (tmp_path / "figure_1.png").read_bytes().startswith(b"\x89PNG")


def test_without_matplotlib_it_says_so_and_goes_on(tmp_path, monkeypatch, capsys):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "matplotlib" else found(name)
    )
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), str(tmp_path)])
    runpy.run_path(str(SCRIPT), run_name="__main__")
    assert "figures need matplotlib; pip install" in (tmp_path / "index.html").read_text()
    assert "extra 'plots'" in capsys.readouterr().err
    assert not list(tmp_path.glob("*.png"))
    assert (tmp_path / "table_9.tex").exists()


def test_its_table_7_is_that_of_the_model(tmp_path):
    study = runpy.run_path(str(SCRIPT))
    page = study["Page"](tmp_path, can_draw=False)
    frame = study["complete"](page, study["prepare"](load_us_states()))
    model = study["interaction"](frame, study["first_half"](page, frame))
    results = study["second_half"](page, model)
    text = (tmp_path / "table_7.md").read_text(encoding="utf-8")
    for result in results.values():
        assert f"{result.params['economy', 'economy_lag']:.3f}" in text
    # 48 states of 17 years, less a year for growth and a year for the lags.
    assert results["3SLS"].nobs == 48 * 15


def test_settings_take_another_file(tmp_path):
    """The same states under other names, of another country so to speak."""
    other = load_us_states().rename(columns={"state": "province"})
    file = tmp_path / "panel.csv"
    other.to_csv(file, index=False)
    source = SCRIPT.read_text(encoding="utf-8")
    changed = source.replace("FILE: str | None = None", f"FILE: str | None = {str(file)!r}")
    changed = changed.replace('UNIT, TIME, REGION = "state"', 'UNIT, TIME, REGION = "province"')
    script = tmp_path / "study.py"
    script.write_text(changed, encoding="utf-8")
    for name, argument in (("mine", script), ("theirs", SCRIPT)):
        command = [sys.executable, str(argument), str(tmp_path / name)]
        subprocess.run(command, capture_output=True, check=True)
    for table in TABLES:
        mine, theirs = (
            (tmp_path / name / f"{table}.md").read_text() for name in ("mine", "theirs")
        )
        assert mine.replace("province", "state") == theirs


#: Settings of a panel of towns: two indices, each equation with a control of its own.
SETTINGS = {
    "UNIT": "town",
    "TIME": "year",
    "REGION": "part",
    "SYSTEMS": {"a": {"a1": +1, "a2": +1}, "b": {"b1": +1, "b2": -1}},
    "EQUATIONS": {"a": "a ~ b + a_lag + x + z", "b": "b ~ a + b_lag + w"},
    "LAGS": {"a_lag": "a", "b_lag": "b"},
    "CONTROLS": ("x", "w"),
    "prepare": lambda frame: frame,
}
NO_LAGS = {"EQUATIONS": {"a": "a ~ b + x", "b": "b ~ a + w"}, "LAGS": {}}


def towns(n: int = 20, years: int = 8) -> pd.DataFrame:
    """Some towns; x moves a and w moves b."""
    rng = np.random.default_rng(3)
    keys = {"town": np.repeat(np.arange(n), years), "year": np.tile(2000 + np.arange(years), n)}
    x, z, w, *errors = rng.normal(size=(7, n * years))
    drawn = {"a1": x + errors[0], "a2": x + z + errors[1], "b1": w + errors[2], "b2": errors[3] - w}
    frame = pd.DataFrame({**keys, **drawn, "x": x, "z": z, "w": w})
    return frame.assign(part=np.where(frame["town"] % 3, "R&D, 100 %", "south_west"))


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Return what runs the study on a frame, under changed settings, and gives the page."""

    def run(frame: pd.DataFrame, **changes: object) -> str:
        spec = importlib.util.spec_from_file_location("study", SCRIPT)
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, "study", module)
        spec.loader.exec_module(module)
        file = tmp_path / "panel.csv"
        frame.to_csv(file, index=False)
        for name, value in {**SETTINGS, "FILE": str(file), "TITLE": "Towns", **changes}.items():
            monkeypatch.setattr(module, name, value)
        monkeypatch.setattr(module, "find_spec", lambda _: None)
        page = module.Page
        monkeypatch.setattr(module, "Page", lambda folder: page(folder, can_draw=False))
        module.main(str(tmp_path / "out"))
        return html.unescape((tmp_path / "out" / "index.html").read_text(encoding="utf-8"))

    return run


def test_rows_in_any_order_give_the_same_page(study):
    frame = towns()
    page = study(frame)
    assert "<title>Towns</title>" in page
    assert page == study(frame.sample(frac=1, random_state=0))


def test_a_lag_does_not_reach_across_a_time_that_a_unit_lacks(study, tmp_path):
    """Without town 3 in 2004, its row of 2005 has no lag: two rows less than the whole panel."""
    frame = towns()
    study(frame[~((frame["town"] == 3) & (frame["year"] == 2004))])
    assert f"| N | {20 * 7 - 2} |" in (tmp_path / "out" / "table_7.md").read_text(encoding="utf-8")


def test_rows_that_miss_an_indicator_or_a_region_are_counted_and_left_out(study):
    frame = towns()
    frame.loc[[0, 30], "a1"] = np.nan
    frame.loc[50, "part"] = None
    assert "3 of 160 rows miss an indicator or a key, and are left out." in study(frame)


def test_a_column_that_the_file_has_not_is_named(study):
    with pytest.raises(
        SystemExit, match=r"name \['prat'\]; the columns are \['town', 'year', 'a1'"
    ):
        study(towns(), REGION="prat")


def test_a_region_with_too_few_rows_leaves_out_a_table_and_not_the_page(study):
    frame = towns(5, 4).assign(part=lambda own: own["town"])
    page = study(frame, EQUATIONS={"a": "a ~ b + x + z", "b": "b ~ a + w"}, LAGS={})
    assert "Table 9 is left out: None of the 5 groups of part can be estimated" in page
    assert "The loop gain is" in page


def test_exactly_identified_equations_say_that_validity_cannot_be_tested(study):
    page = study(towns(), **NO_LAGS)
    assert page.count("exactly identified, so that no test asks") == 2
    assert "no valid instrument." not in page


def test_three_indices_have_a_spectral_radius(study):
    frame = towns().assign(c1=lambda own: own["w"] + own["z"], c2=lambda own: own["x"] ** 2)
    page = study(
        frame,
        SYSTEMS={**SETTINGS["SYSTEMS"], "c": {"c1": +1, "c2": +1}},
        EQUATIONS={"a": "a ~ b + a_lag + x", "b": "b ~ a + c + b_lag", "c": "c ~ a + c_lag + w"},
        LAGS={**SETTINGS["LAGS"], "c_lag": "c"},
    )
    assert "b: for the strength of the instruments see the first stages." in page
    assert "The spectral radius is" in page


def test_without_controls_table_8_is_left_out(study):
    assert "Table 8 is left out: Name columns" in study(towns(), CONTROLS=())


def test_total_effects_are_as_many_times_the_direct_ones_as_the_loop_gain_says(study):
    page = study(towns(), **NO_LAGS)
    gain = float(re.search(r"The loop gain is (\S+) ", page).group(1))
    times = float(re.search(r"is in total (\S+) times", page).group(1))
    assert times == pytest.approx(1 / (1 - gain), abs=2e-3)  # both printed with three decimals


def test_what_cannot_be_estimated_ends_in_a_sentence(tmp_path):
    source = SCRIPT.read_text(encoding="utf-8")
    script = tmp_path / "study.py"
    both = source.replace("+ capital + nation", "+ capital + nation + infrastructure_lag + size")
    script.write_text(both, encoding="utf-8")
    command = [sys.executable, str(script), str(tmp_path / "out")]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr.startswith("The study stops here: Equation economy is not identified")


def test_without_a_folder_it_says_how_it_is_called():
    run = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "OUTPUT_FOLDER" in run.stderr


def test_indicators_are_by_worker():
    frame = runpy.run_path(str(SCRIPT))["prepare"](load_us_states())
    np.testing.assert_allclose(frame["roads"] * frame["emp"], frame["hwy"])
    assert set(frame["area"]) == {"Northeast", "Midwest", "South", "West"}
