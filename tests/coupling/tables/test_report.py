"""One table, six forms, none of which needs another package but Excel."""

import io
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from coupling import CouplingError
from coupling.tables import Report, Table, check_ending

FRAME = pd.DataFrame(
    {"D": [0.12345, np.nan], "level": [2, 0], "label": pd.Categorical(["a & b|c", None])},
    index=pd.Index(["<x>", "y_1"], name="unit"),
)
REPORT = Report([Table("First 100 %", FRAME, "a note"), Table("Second", FRAME[["level"]])])


def test_text():
    assert str(Report([Table("First", FRAME, "note")])).splitlines() == [
        "First",
        "---------------------------",
        "unit      D  level  label",
        "---------------------------",
        "<x>   0.123      2  a & b|c",
        "y_1              0",
        "---------------------------",
        "note",
    ]


def test_markdown():
    lines = REPORT.to_markdown().splitlines()
    assert lines[2] == "| unit | D | level | label |"
    assert lines[3] == "| :--- | ---: | ---: | :--- |"
    assert lines[4] == r"| <x> | 0.123 | 2 | a & b\|c |"


def test_html_is_escaped_and_closed():
    class Tags(HTMLParser):
        def __init__(self):
            super().__init__()
            self.open = []

        def handle_starttag(self, tag, attrs):
            if tag != "meta":
                self.open.append(tag)

        def handle_endtag(self, tag):
            assert self.open.pop() == tag

    page = REPORT.to_html()
    parser = Tags()
    parser.feed(page)
    assert parser.open == []
    assert "&lt;x&gt;" in page
    assert "a &amp; b|c" in page
    assert REPORT._repr_html_() in page


def test_latex_is_escaped():
    text = REPORT.to_latex()
    assert r"y\_1 &  & 0 &  \\" in text
    assert r"$<$x$>$ & 0.123 & 2 & a \& b$|$c \\" in text  # in text mode they print ¡, ¿ and a dash
    assert r"First 100 \%" in text
    assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}") == 2


def test_latex_keeps_what_a_row_begins_with():
    """A bracket or a star after a row's end would be that end's own argument."""
    frame = pd.DataFrame({"D": [0.1, 0.2]}, index=["[0, 1)", "*"])
    text = Report([Table("T", frame)]).to_latex()
    assert "\n{}[0, 1) & 0.100" in text
    assert "\n{}* & 0.200" in text


def test_html_names_of_text_columns_stand_as_their_cells():
    page = REPORT.to_html()
    assert '<th class="text">label</th>' in page
    assert "<th>D</th>" in page


def test_csv_is_one_long_table_in_full_precision():
    long = pd.read_csv(io.StringIO(REPORT.to_csv()))
    assert list(long) == ["table", "row", "column", "value"]
    assert float(long.query("row == '<x>' and column == 'D'")["value"].item()) == 0.12345


def test_excel_has_a_sheet_for_each(tmp_path):
    path = tmp_path / "tables.xlsx"
    REPORT.save(path)
    sheets = pd.read_excel(path, sheet_name=None, index_col=0)
    assert list(sheets) == ["1 First 100 %", "2 Second"]
    assert sheets["2 Second"]["level"].tolist() == [2, 0]


@pytest.mark.parametrize("ending", [".txt", ".md", ".html", ".tex", ".csv"])
def test_files_by_ending(tmp_path, ending):
    path = tmp_path / f"tables{ending}"
    REPORT.save(path)
    assert "level" in path.read_text(encoding="utf-8")


def test_an_unknown_ending_is_refused():
    with pytest.raises(CouplingError, match=r"must end in one of \.txt"):
        check_ending("tables.pdf")


def test_excel_without_openpyxl_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr("coupling.tables.report.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"pip install 'simeq\[excel\]'"):
        REPORT.to_excel(tmp_path / "x.xlsx")


def test_wide_and_multiple_columns():
    frame = pd.DataFrame(
        [[1234567.8, 0.5]], columns=pd.MultiIndex.from_tuples([("a", 1), ("a", 2)])
    )
    text = Table("t", frame).cells
    assert text == [["0", "1,234,568", "0.500"]]
    assert Table("t", frame).header == ["", "a / 1", "a / 2"]


def test_import_needs_no_optional_package():
    code = (
        "import sys; import coupling, coupling.__main__; "
        "bad = {'matplotlib', 'openpyxl', 'jinja2', 'tabulate', 'simeq', 'statsmodels', 'patsy'} "
        "& set(sys.modules); sys.exit(str(bad) if bad else 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
