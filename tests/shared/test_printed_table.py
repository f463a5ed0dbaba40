"""One model of a printed table in two styles: alignment, rules, notes, escapes."""

from _simeq_shared.printed_table import PrintedTable, Section, Style

ROWS = (("a_1", "0.5", "low"), ("[b]", "12.25", "high|er"))
PLAIN = Style(
    rule="-", note_width=None, markdown_marks="|", markdown_note_end="", latex_signs={},
    latex_placement="", latex_note="\n{}", html_open="<table>", html_close="</table>",
    html_left=' class="text"',
)  # fmt: skip
RULED = PrintedTable("Title", ("x", "y"), (Section("Head", ROWS),), ("A note.",))
LEFT = PrintedTable("Title", ("x", "y"), (Section("", ROWS),), ("A note.",), PLAIN, "unit", (0, 2))


def test_text_by_style():
    assert str(RULED).splitlines() == [
        "Title",
        "=====================",
        "           x        y",
        "---------------------",
        "Head",
        "  a_1    0.5      low",
        "  [b]  12.25  high|er",
        "=====================",
        "A note.",
    ]
    assert LEFT.to_text().splitlines() == [
        "Title",
        "--------------------",
        "unit      x  y",
        "--------------------",
        "a_1     0.5  low",
        "[b]   12.25  high|er",
        "--------------------",
        "A note.",
    ]


def test_markdown_by_style():
    assert RULED.to_markdown().splitlines()[2:5] == [
        "|  | x | y |",
        "| :--- | ---: | ---: |",
        "| **Head** |  |  |",
    ]
    assert r"| a\_1 |" in RULED.to_markdown()
    lines = LEFT.to_markdown().splitlines()
    assert lines[2:6] == [
        "| unit | x | y |",
        "| :--- | ---: | :--- |",
        "| a_1 | 0.5 | low |",
        r"| [b] | 12.25 | high\|er |",
    ]


def test_latex_by_style():
    ruled, left = RULED.to_latex(), LEFT.to_latex()
    assert ruled.startswith("\\begin{table}[htbp]")
    assert r"\begin{tabular}{lrr}" in ruled
    assert r"\multicolumn{3}{l}{\textit{Head}}" in ruled
    assert r"\par\smallskip\footnotesize A note." in ruled
    assert left.startswith("\\begin{table}\n")
    assert r"\begin{tabular}{lrl}" in left
    assert "\\end{tabular}\n\nA note.\n" in left
    for text in (ruled, left):
        assert r"a\_1 & 0.5" in text
        assert "\n{}[b] & 12.25" in text  # a bracket after a row's end would be its argument


def test_html_by_style():
    assert '<table class="simeq">\n<caption>' in RULED.to_html()
    assert '<th colspan="3" scope="rowgroup">Head</th>' in RULED.to_html()
    assert "<table><caption>Title</caption>" in LEFT.to_html()
    assert '<td class="text">low</td>' in LEFT.to_html()
    assert "<td>0.5</td>" in LEFT.to_html()
