"""Data files by their ending: the same numbers from each, and what Stata's marks become."""

import sys

import numpy as np
import pandas as pd
import pytest

from simeq.__main__ import main
from simeq.data.files import read
from simeq.datasets import load_klein
from simeq.errors import DataError

SYSTEM = ["consump ~ corpProf + wages", "invest ~ corpProf + capitalLag"]
ROLES = ["--endog", "corpProf", "wages", "--exog", "taxes", "govExp", "trend"]


@pytest.fixture
def coded(tmp_path):
    """A Stata file with value labels for all, for some and for none of a column's values."""
    path = tmp_path / "coded.dta"
    frame = pd.DataFrame(
        {
            "region": np.array([2, 1, 2, 3], dtype="int8"),
            "age": np.array([31, 90, 58, 90], dtype="int8"),
            "income": [1.5, np.nan, 2.5, 3.5],
            "name": ["Ann", "", "Bo", "Cy"],
            "year": pd.to_datetime(["1970", "1971", "1970", "1971"], format="%Y"),
            "day": pd.to_datetime(["1960-01-02"] * 4),
        }
    )
    labels = {"region": {1: "west", 2: "east", 3: "north", 9: "abroad"}, "age": {90: "90 or more"}}
    frame.to_stata(
        path,
        write_index=False,
        version=118,
        value_labels=labels,
        convert_dates={"year": "ty", "day": "td"},
    )
    return path


@pytest.mark.parametrize("ending", ["dta", "parquet", "DTA"])
def test_every_ending_gives_the_table_of_the_csv_file(tmp_path, capsys, ending):
    klein = load_klein()
    klein.to_csv(tmp_path / "klein.csv", index=False)
    path = str(tmp_path / f"klein.{ending}")
    if ending.lower() == "dta":
        klein.to_stata(path, write_index=False)
    else:
        klein.to_parquet(path)
    tables = []
    for file in (str(tmp_path / "klein.csv"), path):
        assert main([file, *SYSTEM, *ROLES, "--method", "2sls", "3sls"]) == 0
        tables.append(capsys.readouterr())
    assert tables[0] == tables[1]
    assert tables[0].err == ""


def test_a_fully_labelled_column_is_a_category_in_the_order_of_its_codes(coded):
    frame = read(str(coded))
    assert frame["region"].tolist() == ["east", "west", "east", "north"]
    assert frame["region"].cat.categories.tolist() == ["west", "east", "north"]


def test_a_column_with_a_label_for_some_values_stays_numbers(coded):
    assert read(str(coded))["age"].tolist() == [31, 90, 58, 90]


def test_missing_numbers_and_empty_text_are_missing(coded):
    frame = read(str(coded))
    assert frame["income"].isna().tolist() == [False, True, False, False]
    assert frame["name"].isna().tolist() == [False, True, False, False]


def test_dates_stay_statas_numbers_so_that_a_year_is_a_year(coded):
    frame = read(str(coded))
    assert frame["year"].dtype == frame["day"].dtype == np.int64
    assert frame["year"].tolist() == [1970, 1971, 1970, 1971]
    assert frame["day"].tolist() == [1, 1, 1, 1]


def test_every_missing_code_of_stata_is_missing(tmp_path):
    path = tmp_path / "codes.dta"
    frame = pd.DataFrame({"x": np.array([1, 2, 3, 4], dtype="int8")})
    frame.to_stata(path, write_index=False, version=118)
    plain = path.read_bytes()
    marks = bytes([1, 101, 102, 127])  # of a byte, Stata writes . as 101, .a as 102, .z as 127
    assert plain.count(b"<data>\x01\x02\x03\x04") == 1
    path.write_bytes(plain.replace(b"<data>\x01\x02\x03\x04", b"<data>" + marks))
    assert read(str(path))["x"].isna().tolist() == [False, True, True, True]


def test_categories_reach_the_formula(tmp_path, capsys):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"y": rng.normal(size=30), "z": rng.normal(size=30)})
    frame["region"] = pd.Categorical(
        np.tile(["west", "east", "north"], 10), ["west", "east", "north"]
    )
    for path in (tmp_path / "data.dta", tmp_path / "data.parquet"):
        frame.to_stata(path, write_index=False) if path.suffix == ".dta" else frame.to_parquet(path)
        assert main([str(path), "y ~ region + z", "--method", "ols"]) == 0
        out = capsys.readouterr().out
        assert "region[T.east]" in out
        assert "region[T.north]" in out


def test_named_index_levels_of_parquet_are_columns(tmp_path):
    path = tmp_path / "panel.parquet"
    frame = pd.DataFrame({"state": ["UT", "OH"], "year": [1970, 1971], "gsp": [1.0, 2.0]})
    frame.set_index(["state", "year"]).to_parquet(path)
    pd.testing.assert_frame_equal(read(str(path)), frame)
    frame.to_parquet(path)
    pd.testing.assert_frame_equal(read(str(path)), frame)


@pytest.mark.parametrize("name", ["data.xlsx", "data.txt", "data", "data.dta.gz"])
def test_another_ending_is_an_error_that_lists_the_endings(name, capsys):
    assert main([name, "y ~ x"]) == 2
    text = f"simeq: Cannot read '{name}': the file must end in .csv, .dta, .parquet.\n"
    assert capsys.readouterr().err == text


def test_without_pyarrow_the_error_names_the_extra(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert main(["data.parquet", "y ~ x"]) == 2
    text = "simeq: Parquet files need pyarrow: pip install 'simeq[parquet]'.\n"
    assert capsys.readouterr().err == text


@pytest.mark.parametrize("ending", ["dta", "parquet"])
@pytest.mark.parametrize(
    "content", [b"", b"y,x\n1,2\n", b"\x00\xff" * 200], ids=["empty", "text", "noise"]
)
def test_a_file_that_is_not_what_it_says_is_one_line(tmp_path, capsys, ending, content):
    path = tmp_path / f"data.{ending}"
    path.write_bytes(content)
    assert main([str(path), "y ~ x"]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"simeq: {path} cannot be read as a .{ending} file: ")
    assert err.count("\n") == 1


def test_a_file_that_was_cut_is_an_error(coded):
    whole = coded.read_bytes()
    for size in range(0, whole.index(b"</data>"), 97):
        coded.write_bytes(whole[:size])
        with pytest.raises(DataError, match="cannot be read as a .dta file"):
            read(str(coded))


def test_two_values_of_one_label_are_an_error_that_names_the_column(tmp_path):
    path = tmp_path / "twice.dta"
    frame = pd.DataFrame({"region": [1, 2]})
    frame.to_stata(path, write_index=False, value_labels={"region": {1: "east", 2: "east"}})
    with pytest.raises(DataError, match="labels for column region are not unique"):
        read(str(path))


def test_a_file_that_is_not_there_is_said_by_the_system(capsys):
    for ending in ("csv", "dta", "parquet"):
        assert main([f"none.{ending}", "y ~ x"]) == 2
        assert f"No such file or directory: 'none.{ending}'" in capsys.readouterr().err


def test_nothing_in_a_file_is_evaluated(tmp_path, capsys):
    trap = tmp_path / "trap"
    code = f"__import__('pathlib').Path({str(trap)!r}).touch()"
    path = tmp_path / "data.parquet"
    pd.DataFrame({"y": [1.0, 2.0, 4.0], "x": [code, "b", "c"], code: 1.0}).to_parquet(path)
    main([str(path), "y ~ x", "--method", "ols"])
    capsys.readouterr()
    assert not trap.exists()
