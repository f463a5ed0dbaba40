"""The study of the documentation: every table and figure comes out, of other data too."""

from __future__ import annotations

import importlib.util
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np

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
    frame = study["prepare"](load_us_states())
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


def test_without_a_folder_it_says_how_it_is_called():
    run = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "OUTPUT_FOLDER" in run.stderr


def test_indicators_are_by_worker():
    frame = runpy.run_path(str(SCRIPT))["prepare"](load_us_states())
    np.testing.assert_allclose(frame["roads"] * frame["emp"], frame["hwy"])
    assert set(frame["area"]) == {"Northeast", "Midwest", "South", "West"}
