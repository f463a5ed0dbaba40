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
def test_contributing_lists_every_file(package):
    """By its name, or by that of its folder where one line stands for all of it."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    start = text.index(f"| file of `src/{package}`")
    listed = set(re.findall(r"`([\w/]+(?:\.py|/))`", text[start : text.index("\n\n", start)]))
    source = ROOT / "src" / package
    for file in source.rglob("*.py"):
        name = file.relative_to(source).as_posix()
        folder = f"{file.parent.relative_to(source).as_posix()}/"
        known = {name, file.name} if "/" in name else {name}
        assert file.name in ("__init__.py", "_version.py") or known & listed or folder in listed, (
            f"{name} is not in CONTRIBUTING.md"
        )
