"""The command line: both ways of the issue, every form of output, and one-line errors."""

import io
import subprocess
import sys

import pandas as pd
import pytest

from coupling import load_us_states
from coupling.__main__ import main

ARGUMENTS = [
    "--unit", "state", "--time", "year", "--system", "Infrastructure: hwy, water, util",
    "--system", "Economy: gsp, pc, emp, -unemp", "--by", "region",
]  # fmt: skip


@pytest.fixture
def panel(tmp_path):
    path = tmp_path / "panel.csv"
    load_us_states().to_csv(path, index=False)
    return str(path)


def test_without_arguments_the_us_states_are_run(capsys):
    assert main([]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    for part in ("hwy", "Weights", "1970", "Mean D by year and region", "All"):
        assert part in out


def test_a_users_own_file_gives_the_same(panel, capsys):
    main([])
    own = capsys.readouterr().out
    assert main([panel, *ARGUMENTS]) == 0
    assert capsys.readouterr().out == own


@pytest.mark.parametrize("ending", ["html", "md", "csv", "tex", "txt", "xlsx"])
def test_output(panel, tmp_path, ending, capsys):
    path = tmp_path / f"tables.{ending}"
    assert main([panel, *ARGUMENTS, "--output", str(path)]) == 0
    if ending == "xlsx":
        assert len(pd.read_excel(path, sheet_name=None)) == 4
    else:
        assert "Mean D by year and region" in path.read_text(encoding="utf-8")


def test_degrees_of_every_row_and_rescaled_means(panel, tmp_path, capsys, result):
    path = tmp_path / "degrees.csv"
    assert main([panel, *ARGUMENTS, "--degrees", str(path), "--rescale", "0.01", "0.99"]) == 0
    frame = pd.read_csv(path, index_col=["state", "year"])
    assert frame["D"].to_numpy() == pytest.approx(result.D.to_numpy())
    assert "each rescaled to [0.01, 0.99]" in capsys.readouterr().out


def test_a_warning_is_one_line(panel, tmp_path, capsys):
    frame = load_us_states().iloc[1:]
    frame.to_csv(panel, index=False)
    assert main([panel, *ARGUMENTS]) == 0
    err = capsys.readouterr().err
    assert err.startswith("coupling: warning: Unbalanced panel")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda a: ["no.csv", *a[1:]], "No such file"),
        (lambda a: a[:1], "needs --unit, --time, --system"),
        (lambda a: [*a, "--output", "x.pdf"], "must end in one of"),
        (lambda a: [*a, "--output", "/no/such/folder/x.md"], "No such file"),
        (lambda a: [*a, "--system", "Third"], "is not 'Name: column, -column'"),
        (lambda a: [*a, "--system", "Third: a,,b"], "is not 'Name: column, -column'"),
        (lambda a: [*a, "--system", "Third: gsp, -gsp"], "names the column 'gsp' twice"),
        (lambda a: [*a, "--system", "Economy: gsp"], "'Economy' is given twice"),
        (lambda a: [*a, "--system", "Third: income"], "no column 'income'"),
        (lambda a: [*a, "--by", "province"], "'province' is no key"),
        (lambda a: [*a, "--unit", "region"], "Duplicate unit–time key: region 6, year 1970"),
        (lambda a: [*a, "--unit", "st"], "no column or index level 'st'"),
        (lambda a: [*a, "--weights", "pca"], "invalid choice: 'pca'"),
        (lambda a: [*a, "--k", "x"], "invalid float value"),
        (lambda a: [*a, "--colour"], "unrecognized arguments"),
        (lambda a: a[:7], "two subsystems or more"),
    ],
)
def test_errors_are_one_line_and_exit_status_2(panel, change, text, capsys):
    assert main(change([panel, *ARGUMENTS])) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert text in err
    assert err.startswith("coupling: error: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("content", ["", "a,b\n1,2,3\n1\n1,2,3,4,5", "\x00\xff"])
def test_files_that_are_no_table(tmp_path, content, capsys):
    path = tmp_path / "bad.csv"
    path.write_text(content, encoding="latin-1")
    assert main([str(path), *ARGUMENTS]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_module_runs(panel):
    done = subprocess.run(
        [sys.executable, "-m", "coupling", "--unit"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr == "coupling: error: argument --unit: expected one argument\n"
    done = subprocess.run(
        [sys.executable, "-m", "coupling"], capture_output=True, text=True, check=True
    )
    assert "Economy" in done.stdout
    assert io.StringIO(done.stderr).read() == ""


def test_a_unit_may_be_called_na_and_an_indicator_may_be_missing(panel, capsys):
    frame = load_us_states()
    frame["state"] = frame["state"].replace("UTAH", "NA")
    frame.to_csv(panel, index=False)
    assert main([panel, *ARGUMENTS]) == 0
    frame["gsp"] = frame["gsp"].astype(object)
    frame.loc[frame["state"] == "NA", "gsp"] = ".."
    frame.to_csv(panel, index=False)
    capsys.readouterr()
    assert main([panel, *ARGUMENTS]) == 2
    assert "'gsp' is nan at state NA, year 1970 (17 missing" in capsys.readouterr().err
