"""The command line as a person uses it: in a process of its own, or through main()."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from simeq import SystemEquations
from simeq.__main__ import main
from simeq.datasets import load_klein, load_us_states


@pytest.fixture
def market(tmp_path):
    path = tmp_path / "klein.csv"
    load_klein().to_csv(path, index=False)
    return str(path)


SYSTEM = ["C: consump ~ corpProf + wages", "I: invest ~ corpProf + capitalLag"]
ROLES = ["--endog", "corpProf", "wages", "--exog", "taxes", "govExp", "trend"]


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "simeq", *arguments], capture_output=True, text=True, check=False
    )


def test_without_arguments_it_runs_kleins_model():
    done = run()
    assert done.returncode == 0
    assert done.stderr == ""
    assert "16.441***" in done.stdout
    assert "I3SLS" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nofile.csv", "y ~ x"], "nofile.csv"),
        (["{data}"], "no equation"),
        (["{data}", "consump ~ wagse"], "Did you mean 'wages'"),
        (["{data}", "consump ~ wages", "--method", "3slss"], "Did you mean '3sls'"),
        (["{data}", "consump ~ wages", "--like", "stat"], "Did you mean 'stata'"),
        (["{data}", "consump ~ wages", "--output", "x.pdf"], "must end in .tex"),
        (["{data}", "consump ~ wages", "--cov-type", "clusters"], "Did you mean 'cluster'"),
        (["{data}", "consump ~ wages", "--cov-type", "HC1", "--groups", "year"], "takes nothing"),
        (["{data}", "consump ~ wages", "--method", "ols", "--constraint", "x"], "names no coeff"),
        (["{data}", *SYSTEM, "--endog", "corpProf", "wages"], "Equation C is not identified"),
        (["{data}", "a: consump ~ wages", "a: invest ~ wages"], "same label"),
        (["{folder}", "consump ~ wages"], "must end in .csv"),
    ],
)
def test_errors_are_one_line_and_exit_status_two(market, tmp_path, arguments, words):
    filled = [a.format(data=market, folder=tmp_path) for a in arguments]
    done = run(*filled)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_an_empty_file_is_an_error(tmp_path, capsys):
    path = tmp_path / "empty.csv"
    path.write_text("")
    assert main([str(path), "y ~ x"]) == 2
    assert "empty" in capsys.readouterr().err


def test_one_method_prints_a_summary(market, capsys):
    assert main([market, *SYSTEM, *ROLES, "--method", "2sls", "--sigma-dof", "geomean"]) == 0
    out = capsys.readouterr().out
    assert "Two-stage least squares" in out
    assert "Equation C: consump" in out
    assert "sqrt((n - k_i)(n - k_j))" in out


def test_several_methods_print_a_table(market, capsys):
    assert main([market, *SYSTEM, *ROLES, "--method", "ols", "2sls", "3sls"]) == 0
    assert capsys.readouterr().out.split("\n")[1].split() == ["OLS", "2SLS", "3SLS"]


def test_options_reach_the_estimator(market, capsys):
    constraint = ["--constraint", "[C]corpProf = [I]corpProf", "--constraint", "[C]wages = 0.8"]
    assert main([market, *SYSTEM, *ROLES, *constraint, "--like", "systemfit"]) == 0
    out = capsys.readouterr().out
    assert "Constraints: [C]corpProf = [I]corpProf; [C]wages = 0.8." in out
    assert "Student's t with 40" in out
    instruments = "~ taxes + govExp + trend + capitalLag"
    assert main([market, *SYSTEM, "--instruments", instruments, "--method", "3sls"]) == 0
    assert "Instruments: Intercept, taxes, govExp, trend, capitalLag." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "cov_kwds"),
    [
        ("HC1", {}),
        ("cluster --groups state", {"groups": "state"}),
        ("cluster --groups state year", {"groups": ["state", "year"]}),
        ("HAC --maxlags 3", {"maxlags": 3}),
        ("hac-groupsum --time year --maxlags 2", {"time": "year", "maxlags": 2}),
        ("jackknife --groups state", {"groups": "state"}),
        ("bootstrap --groups state --n-boot 99 --seed 1",
         {"groups": "state", "n_boot": 99, "seed": 1}),
    ],
)  # fmt: skip
def test_standard_errors_are_those_of_fit(tmp_path, arguments, cov_kwds):
    data, output, states = tmp_path / "states.csv", tmp_path / "out.csv", load_us_states()
    states.to_csv(data, index=False)
    formulas = ["gsp ~ pcap + emp", "hwy ~ emp + util"]
    own = ["--method", "sur", "--output", str(output), "--cov-type", *arguments.split()]
    assert main([str(data), *formulas, *own]) == 0
    model, kind = SystemEquations(formulas, pd.read_csv(data)), arguments.split()[0]
    expected = model.fit("sur", cov_type=kind, cov_kwds=cov_kwds).bse
    np.testing.assert_allclose(pd.read_csv(output)["std_error"], expected, rtol=1e-12)


@pytest.mark.parametrize("methods", [["3sls"], ["ols", "3sls"]])
@pytest.mark.parametrize("ending", ["tex", "html", "md", "csv", "txt"])
def test_every_format_is_written(market, tmp_path, capsys, methods, ending):
    path = tmp_path / f"out.{ending}"
    arguments = [market, *SYSTEM, *ROLES, "--method", *methods, "--output", str(path)]
    assert main(arguments) == 0
    assert capsys.readouterr().out == ""
    text = path.read_text(encoding="utf-8")
    marks = {"tex": r"\begin{tabular}", "html": "<table", "md": "| ", "csv": ",", "txt": "==="}
    assert marks[ending] in text
    assert "capitalLag" in text


def test_a_csv_holds_all_digits(market, tmp_path):
    path = tmp_path / "out.csv"
    main([market, *SYSTEM, *ROLES, "--method", "2sls", "--output", str(path)])
    frame = pd.read_csv(path)
    assert list(frame.columns) == [
        "equation", "term", "coefficient", "std_error", "tvalue", "pvalue", "lower", "upper",
    ]  # fmt: skip
    assert len(str(frame["coefficient"][0])) > 14


def test_help_shows_a_worked_example(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    out = capsys.readouterr().out
    assert 'python -m simeq market.csv "demand: q ~ p + income"' in out
    assert "run only those that you trust" in out


def test_warnings_are_one_line_each(market, capsys):
    assert main([market, "consump ~ wages", "--method", "2sls"]) == 0
    err = capsys.readouterr().err
    assert err.startswith("simeq: warning: Two-stage least squares without an endogenous")
    assert err.count("\n") == 1


def test_equations_behind_an_option_of_several_names_are_found(market, capsys):
    assert main([market, "--method", "2sls", *ROLES, *SYSTEM, "--use-t"]) == 0
    out = capsys.readouterr().out
    assert "Equation C: consump" in out
    assert "Equation I: invest" in out
    assert "Student's t" in out
