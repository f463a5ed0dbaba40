"""Data files by their ending: the same tables from each, keys by label, indicators as numbers."""

import sys

import numpy as np
import pandas as pd
import pytest

from coupling import load_us_states
from coupling.__main__ import main
from coupling.reading import read_file

ARGUMENTS = [
    "--unit", "state", "--time", "year", "--system", "Infrastructure: hwy, water, util",
    "--system", "Economy: gsp, pc, emp, -unemp", "--by", "region",
]  # fmt: skip


@pytest.mark.parametrize("ending", ["csv", "dta", "parquet"])
def test_every_ending_gives_the_same_tables(tmp_path, capsys, ending):
    assert main([]) == 0
    own = capsys.readouterr()
    path, frame = tmp_path / f"panel.{ending}", load_us_states()
    if ending == "csv":
        frame.to_csv(path, index=False)
    elif ending == "dta":
        frame.to_stata(path, write_index=False)
    else:
        frame.set_index(["state", "year"]).to_parquet(path)
    assert main([str(path), *ARGUMENTS]) == 0
    assert capsys.readouterr() == own


def test_keys_go_by_their_value_labels_and_years_by_their_number(tmp_path, capsys):
    frame, path = load_us_states(), tmp_path / "panel.dta"
    frame["region"] = "Region " + frame["region"].astype(str)
    frame.to_csv(tmp_path / "panel.csv", index=False)
    assert main([str(tmp_path / "panel.csv"), *ARGUMENTS]) == 0
    by_name = capsys.readouterr()
    for key in ("state", "region"):
        frame[key] = pd.Categorical(frame[key], frame[key].unique()[::-1])
    frame["year"] = pd.to_datetime(frame["year"].astype(str), format="%Y")
    frame.to_stata(path, write_index=False, convert_dates={"year": "ty"})
    read = read_file(str(path), ["state", "year", "region"], ["gsp"])
    assert read["state"].cat.categories[0] == "WYOMING"
    assert main([str(path), *ARGUMENTS]) == 0
    assert capsys.readouterr() == by_name


def test_a_level_of_parquet_that_no_row_has_is_no_unit(tmp_path, capsys):
    frame, path = load_us_states(), tmp_path / "panel.parquet"
    levels = [*frame["state"].unique(), "ATLANTIS"]
    frame.assign(state=pd.Categorical(frame["state"], levels)).to_parquet(path)
    assert main([str(path), *ARGUMENTS]) == 0
    by_category = capsys.readouterr()
    assert main([]) == 0
    assert capsys.readouterr() == by_category


def test_a_labelled_indicator_is_its_number(tmp_path):
    path = tmp_path / "panel.dta"
    frame = pd.DataFrame({"state": [1, 2], "year": [1970, 1971], "quality": [1, 5], "size": [3, 9]})
    labels = {
        "state": {1: "Utah", 2: "Ohio"},
        "year": {1970: "census"},
        "quality": {1: "bad", 5: "good"},
    }
    frame.to_stata(path, write_index=False, value_labels=labels)
    read = read_file(str(path), ["state", "year"], ["quality", "size"])
    assert read["state"].tolist() == ["Utah", "Ohio"]
    assert read["year"].tolist() == [1970, 1971]
    assert read["quality"].tolist() == [1, 5]
    assert read["size"].tolist() == [3, 9]


def test_missing_codes_and_empty_text_are_missing(tmp_path, capsys):
    path, frame = tmp_path / "panel.dta", load_us_states()
    frame["emp"] = frame["emp"].where(frame["year"] > 1970)
    frame.loc[5, "state"] = ""
    frame.to_stata(path, write_index=False)
    assert main([str(path), *ARGUMENTS]) == 2
    assert "The key 'state' is missing in row 5" in capsys.readouterr().err
    read = read_file(str(path), ["state", "year"], ["emp"])
    assert read["emp"].isna().sum() == 48
    assert np.flatnonzero(read["state"].isna()).tolist() == [5]


@pytest.mark.parametrize("name", ["panel.xlsx", "panel"])
def test_another_ending_is_an_error_that_lists_the_endings(name, capsys):
    assert main([name, *ARGUMENTS]) == 2
    text = f"coupling: error: Cannot read '{name}': it must end in .csv, .dta, .parquet.\n"
    assert capsys.readouterr().err == text


def test_without_pyarrow_the_error_names_the_extra(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert main(["panel.parquet", *ARGUMENTS]) == 2
    text = "coupling: error: Parquet files need pyarrow: pip install 'simeq[parquet]'.\n"
    assert capsys.readouterr().err == text


@pytest.mark.parametrize("ending", ["dta", "parquet"])
@pytest.mark.parametrize(
    "content", [b"", b"a,b\n1,2\n", b"\x00\xff" * 200], ids=["empty", "text", "noise"]
)
def test_a_file_that_is_not_what_it_says_is_one_line(tmp_path, capsys, ending, content):
    path = tmp_path / f"panel.{ending}"
    path.write_bytes(content)
    assert main([str(path), *ARGUMENTS]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"coupling: error: {path} cannot be read as a .{ending} file: ")
    assert err.count("\n") == 1
