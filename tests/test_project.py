"""The project itself: README, CI, light imports, data files, public names."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import simeq
from simeq import datasets

ROOT = Path(__file__).parents[1]

COMMANDS = (
    "python3 -m venv .venv && .venv/bin/python -m pip install . && .venv/bin/python -m simeq",
    'python3 -m venv .venv && .venv/bin/python -m pip install -e ".[test]" '
    "&& .venv/bin/python -m pytest -n auto",
)


def test_readme_holds_the_two_commands_and_ci_runs_them_from_there():
    readme = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert tuple(line for line in readme if line.startswith("python3 -m venv")) == COMMANDS
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "grep -E '^python3 -m venv' README.md" in script
    assert 'bash -c "$(readme_command 1)"' in script
    assert 'bash -c "$(readme_command 2)"' in script


def test_importing_simeq_is_light():
    code = (
        "import sys, simeq; "
        "heavy = ['matplotlib', 'maketables', 'dask', 'statsmodels.api', 'scipy.stats', "
        "'linearmodels']; "
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_public_names_exist():
    for name in simeq.__all__:
        assert getattr(simeq, name) is not None
    assert simeq.__version__.count(".") == 2


def test_the_package_shows_its_public_names_alone():
    assert dir(simeq) == sorted(simeq.__all__)
    code = "import simeq; from simeq import plot; print(simeq.plot is plot, simeq.load.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True load"


def test_errors_form_one_tree():
    errors = [getattr(simeq, name) for name in simeq.__all__ if name.endswith("Error")]
    assert all(issubclass(error, simeq.SimeqError) for error in errors)
    assert issubclass(simeq.SimeqError, ValueError)
    warnings = [getattr(simeq, name) for name in simeq.__all__ if name.endswith("Warning")]
    assert all(issubclass(warning, simeq.SimeqWarning) for warning in warnings)
    assert issubclass(simeq.SimeqWarning, UserWarning)


def test_klein_has_its_rows_gaps_and_identities():
    klein = datasets.load_klein()
    assert klein.shape == (22, 14)
    assert klein.loc[klein["year"] == 1920, ["corpProfLag", "gnpLag"]].isna().all(axis=None)
    assert klein.iloc[1:].notna().all(axis=None)
    gaps = klein["gnp"] - klein["consump"] - klein["invest"] - klein["govExp"]
    assert gaps.abs().max() < 1e-9
    assert (klein["wages"] - klein["privWage"] - klein["govWage"]).abs().max() < 1e-9


def test_states_are_a_balanced_panel():
    states = datasets.load_us_states()
    assert states.shape == (816, 11)
    assert states.groupby("state")["year"].nunique().eq(17).all()
    assert (states["pcap"] - states["hwy"] - states["water"] - states["util"]).abs().max() < 0.05
    assert sorted(states["region"].unique()) == list(range(1, 10))


def test_each_call_loads_a_frame_of_its_own():
    first = datasets.load_klein()
    first["consump"] = 0.0
    assert datasets.load_klein()["consump"].ne(0).all()


@pytest.mark.parametrize("folder", ["src/simeq", "src/coupling", "src/_simeq_shared"])
def test_the_packages_are_marked_as_typed(folder):
    assert (ROOT / folder / "py.typed").exists()


@pytest.mark.parametrize("package", ["simeq", "coupling", "_simeq_shared"])
def test_contributing_lists_every_room(package):
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    start = text.index(f"| room of `src/{package}`")
    listed = set(re.findall(r"`(\w+(?:\.py|/))`", text[start : text.index("\n\n", start)]))
    source = [p for p in (ROOT / "src" / package).iterdir() if p.suffix == ".py" or p.is_dir()]
    rooms = {f"{p.name}/" if p.is_dir() else p.name for p in source}
    assert listed == rooms - {"__init__.py", "_version.py", "__pycache__/"}


def test_what_docstrings_cite_is_in_the_bibliography():
    """Author and year, as in ``Sanderson and Windmeijer (2016)``."""
    known = set()
    for line in (ROOT / "docs/bibliography.md").read_text(encoding="utf-8").splitlines():
        authors, bracket, rest = line.partition(" (")
        known |= {(name, rest[:4]) for name in re.findall(r"\w[\w-]+(?=, )", authors) if bracket}
    for file in (ROOT / "src/simeq").rglob("*.py"):
        for name, year in _cited(" ".join(file.read_text(encoding="utf-8").split())):
            assert (name, year) in known, f"{file.name} cites {name} ({year})"


def _cited(text):
    """Each year in brackets with the names before it."""
    for found in re.finditer(r"([A-Z][^.;()\"]*?)(?:'s)? \(((?:19|20)\d\d)\)", text):
        for name in re.findall(r"[A-Z][a-z]+(?:-?[A-Z][a-z]+)*", found.group(1))[-1:]:
            yield name, found.group(2)
