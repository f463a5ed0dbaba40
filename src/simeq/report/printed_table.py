"""One model of a printed table, and a small renderer for each format. It knows no results."""

from __future__ import annotations

import csv
import html
import io
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"$<$",
        ">": r"$>$",
        "|": r"$|$",
        "²": r"$^2$",
        "−": r"$-$",
        "…": r"\ldots{}",
        "Γ": r"$\Gamma$",
        "χ": r"$\chi$",
    }
)

#: Width at which notes beneath a table are broken, where the table is not wider.
WIDTH = 80


@dataclass(frozen=True)
class Section:
    """Rows under a heading; each row is a stub and a cell for each column."""

    heading: str
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class PrintedTable:
    """A table of text.

    Attributes
    ----------
    title : str
    header : tuple of str
        Names of the columns, without that of the stubs.
    sections : tuple of Section
    notes : tuple of str
    """

    title: str
    header: tuple[str, ...]
    sections: tuple[Section, ...]
    notes: tuple[str, ...]

    def __str__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        return self.to_html()

    def to_text(self) -> str:
        """Render for a terminal."""
        rows = [row for section in self.sections for row in section.rows]
        indent = 2 if any(section.heading for section in self.sections) else 0
        stubs = [len(s.heading) for s in self.sections] + [indent + len(r[0]) for r in rows]
        stub = max(stubs, default=0)
        widths = [
            max([len(name), *(len(row[j]) for row in rows)]) + 2
            for j, name in enumerate(self.header, 1)
        ]
        rule = stub + sum(widths)
        lines = [self.title, "=" * rule] if self.title else ["=" * rule]
        lines.append(_line("", self.header, stub, widths))
        for section in self.sections:
            lines.append("-" * rule)
            if section.heading:
                lines.append(section.heading)
            pad = " " * (indent if section.heading else 0)
            lines += [_line(pad + row[0], row[1:], stub, widths) for row in section.rows]
        lines.append("=" * rule)
        wrapped = [part for note in self.notes for part in textwrap.wrap(note, max(rule, WIDTH))]
        return "\n".join([*lines, *wrapped])

    def to_markdown(self) -> str:
        """Render as a Markdown table, headings in bold."""
        blank = ("",) * len(self.header)
        lines = [
            _bar(("", *map(_markdown, self.header))),
            _bar((":---", *("---:" for _ in self.header))),
        ]
        for section in self.sections:
            if section.heading:
                lines.append(_bar((f"**{_markdown(section.heading)}**", *blank)))
            lines += [_bar(tuple(map(_markdown, row))) for row in section.rows]
        title = [f"**{_markdown(self.title)}**", ""] if self.title else []
        notes = ["", *(f"{_markdown(note)}  " for note in self.notes)]
        return "\n".join([*title, *lines, *notes]).rstrip() + "\n"

    @property
    def _wide(self) -> int:
        """Columns, that of the stubs included."""
        rows = [len(row) for section in self.sections for row in section.rows]
        return max([len(self.header) + 1, *rows])

    def to_latex(self) -> str:
        """Render as a ``table`` environment that needs no package."""
        notes = [rf"\par\smallskip\footnotesize {_latex(note)}" for note in self.notes]
        if not self.sections:
            return "\n".join([rf"\paragraph{{{_latex(self.title)}}}", *notes]) + "\n"
        lines = [r"\begin{table}[htbp]", r"\centering"]
        if self.title:
            lines.append(rf"\caption{{{_latex(self.title)}}}")
        lines += [rf"\begin{{tabular}}{{l{'r' * (self._wide - 1)}}}", r"\hline"]
        if self.header:
            lines += [_latex_row(("", *self.header)), r"\hline"]
        for number_, section in enumerate(self.sections):
            lines += [r"\hline"] if number_ else []
            if section.heading:
                heading = rf"\textit{{{_latex(section.heading)}}}"
                lines.append(rf"\multicolumn{{{self._wide}}}{{l}}{{{heading}}} \\")
            lines += [_latex_row(row) for row in section.rows]
        return "\n".join([*lines, r"\hline", r"\end{tabular}", *notes, r"\end{table}"]) + "\n"

    def to_html(self) -> str:
        """Render as an HTML table, notes in paragraphs beneath."""
        notes = [f"<p>{html.escape(note)}</p>" for note in self.notes]
        if not self.sections:
            return "\n".join([f"<h4>{html.escape(self.title)}</h4>", *notes]) + "\n"
        lines = ['<table class="simeq">']
        if self.title:
            lines.append(f"<caption>{html.escape(self.title)}</caption>")
        if self.header:
            lines.append(f"<thead>{_html_row(('', *self.header), 'th')}</thead>")
        for section in self.sections:
            lines.append("<tbody>")
            if section.heading:
                lines.append(
                    f'<tr><th colspan="{self._wide}" scope="rowgroup">'
                    f"{html.escape(section.heading)}</th></tr>"
                )
            lines += [_html_row(row, "td") for row in section.rows]
            lines.append("</tbody>")
        return "\n".join([*lines, "</table>", *notes]) + "\n"


def number(value: float, decimals: int = 4) -> str:
    """Write a number with `decimals` places, in powers of ten where that would hide it."""
    if value != value:
        return ""
    if value == 0.0 or 10.0 ** (1 - decimals) <= abs(value) < 1e6:
        return f"{value:.{decimals}f}"
    return f"{value:.{max(decimals - 2, 1)}e}"


def to_csv(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Write rows as comma-separated values with full precision."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def shorten(
    names: Sequence[str], width: int, taken: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Give long names short ones of at most `width` characters, all distinct.

    Parameters
    ----------
    names : sequence of str
    width : int
    taken : mapping, optional
        Short names that stand for others already.
    """
    used = dict(taken or {})
    short: dict[str, str] = {}
    for name in names:
        tail = width // 2
        text = name if len(name) <= width else f"{name[: width - tail - 1]}…{name[-tail:]}"
        alternative = 2
        while used.get(text, name) != name:
            mark = f"~{alternative}"
            text = f"{name[: width - len(mark)]}{mark}"
            alternative += 1
        used[text], short[name] = name, text
    return short


def _line(stub: str, cells: Sequence[str], width: int, widths: Sequence[int]) -> str:
    right = "".join(cell.rjust(w) for cell, w in zip(cells, widths, strict=True))
    return (stub.ljust(width) + right).rstrip()


def _bar(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.strip() for cell in cells)} |"


def _markdown(text: str) -> str:
    for mark in "\\|*_<":
        text = text.replace(mark, f"\\{mark}")
    return text


def _latex(text: str) -> str:
    return text.translate(_LATEX)


def _latex_row(cells: Sequence[str]) -> str:
    row = " & ".join(_latex(cell.strip()) for cell in cells) + r" \\"
    return f"{{}}{row}" if row[0] in "[*" else row  # which the row's end before it would swallow


def _html_row(cells: Sequence[str], tag: str) -> str:
    return (
        "<tr>" + "".join(f"<{tag}>{html.escape(cell.strip())}</{tag}>" for cell in cells) + "</tr>"
    )
