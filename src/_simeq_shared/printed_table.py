"""One model of a printed table, and a small renderer for each format. It knows no results."""

import html
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

#: What LaTeX takes for a command, or prints as another sign in text mode.
LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": "$<$", ">": "$>$", "|": "$|$", "−": "$-$",
}  # fmt: skip


@dataclass(frozen=True)
class Style:
    """How the tables of a library look; as it stands, simeq's.

    Attributes
    ----------
    rule : str
        Letter of the first and the last rule in text; those between are of ``-``.
    note_width : int or None
        Where notes in text are broken, if the table is not wider; None leaves them whole.
    markdown_marks, markdown_note_end : str
        What is escaped; what ends a note.
    latex_signs : mapping
        Signs beside `LATEX` that have a command.
    latex_placement, latex_note : str
        Argument of ``table``; a note, ``{}`` in its place.
    html_open, html_close, html_left : str
        Tags of the table, with what stands between them and their content; attribute of cells that
        go to the left.
    """

    rule: str = "="
    note_width: int | None = 80
    markdown_marks: str = "\\|*_<"
    markdown_note_end: str = "  "
    latex_signs: Mapping[str, str] = field(
        default_factory=lambda: {"²": "$^2$", "…": r"\ldots{}", "Γ": r"$\Gamma$", "χ": r"$\chi$"}
    )
    latex_placement: str = "[htbp]"
    latex_note: str = r"\par\smallskip\footnotesize {}"
    html_open: str = '<table class="simeq">\n'
    html_close: str = "\n</table>"
    html_left: str = ""


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
    style : Style
    corner : str
        Name of the stubs.
    left : tuple of int
        Columns that go to the left; 0 are the stubs.
    """

    title: str
    header: tuple[str, ...]
    sections: tuple[Section, ...]
    notes: tuple[str, ...]
    style: Style = field(default_factory=Style, repr=False)
    corner: str = ""
    left: tuple[int, ...] = (0,)

    def __str__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        return self.to_html()

    def to_text(self) -> str:
        """Render for a terminal."""
        widths = self._widths()
        full = sum(widths) + 2 * (len(widths) - 1)

        def line(cells: Sequence[str]) -> str:
            columns = enumerate(zip(cells, widths, strict=True))
            texts = (c.ljust(w) if j in self.left else c.rjust(w) for j, (c, w) in columns)
            return "  ".join(texts).rstrip()

        lines = [self.title] if self.title else []
        lines += [self.style.rule * full, line((self.corner, *self.header))]
        for section in self.sections:
            lines.append("-" * full)
            if section.heading:
                lines.append(section.heading)
            pad = self._indent if section.heading else ""
            lines += [line((pad + row[0], *row[1:])) for row in section.rows]
        lines.append(self.style.rule * full)
        width = self.style.note_width
        for note in self.notes:
            lines += [note] if width is None else textwrap.wrap(note, max(full, width))
        return "\n".join(lines)

    @property
    def _indent(self) -> str:
        """What stands before stubs, where there are headings."""
        return "  " if any(section.heading for section in self.sections) else ""

    def _widths(self) -> list[int]:
        """Width of each column in text; that of the stubs holds the headings too."""
        rows = [row for section in self.sections for row in section.rows]
        stubs = [self._indent + row[0] for row in rows]
        headings = [section.heading for section in self.sections]
        columns = [[name, *(row[j] for row in rows)] for j, name in enumerate(self.header, 1)]
        return [max(map(len, texts)) for texts in ([self.corner, *headings, *stubs], *columns)]

    def to_markdown(self) -> str:
        """Render as a Markdown table, headings in bold."""

        def bar(cells: Sequence[str]) -> str:
            return f"| {' | '.join(self._marked(cell.strip()) for cell in cells)} |"

        sides = [":---" if j in self.left else "---:" for j in range(len(self.header) + 1)]
        lines = [f"**{self._marked(self.title)}**", ""] if self.title else []
        lines += [bar((self.corner, *self.header)), f"| {' | '.join(sides)} |"]
        for section in self.sections:
            if section.heading:
                blank = " | " * len(self.header)
                lines.append(f"| **{self._marked(section.heading)}**{blank} |")
            lines += map(bar, section.rows)
        notes = [self._marked(note) + self.style.markdown_note_end for note in self.notes]
        return "\n".join([*lines, "", *notes]).rstrip() + "\n"

    def _marked(self, text: str) -> str:
        for mark in self.style.markdown_marks:
            text = text.replace(mark, f"\\{mark}")
        return text

    @property
    def _wide(self) -> int:
        """Columns, that of the stubs included; rows may be longer than the header."""
        rows = [row for section in self.sections for row in section.rows]
        return max([len(self.header) + 1, *map(len, rows)])

    def to_latex(self) -> str:
        """Render as a ``table`` environment that needs no package."""
        signs = str.maketrans({**LATEX, **self.style.latex_signs})

        def line(cells: Sequence[str]) -> str:
            row = " & ".join(cell.strip().translate(signs) for cell in cells) + r" \\"
            return f"{{}}{row}" if row[0] in "[*" else row  # the row's end before would swallow it

        title = self.title.translate(signs)
        notes = [self.style.latex_note.format(note.translate(signs)) for note in self.notes]
        if not self.sections:
            return "\n".join([rf"\paragraph{{{title}}}", *notes]) + "\n"
        sides = "".join("l" if j in self.left else "r" for j in range(self._wide))
        lines = [rf"\begin{{table}}{self.style.latex_placement}", r"\centering"]
        lines += [rf"\caption{{{title}}}"] if title else []
        lines += [rf"\begin{{tabular}}{{{sides}}}", r"\hline"]
        if self.header:
            lines += [line((self.corner, *self.header)), r"\hline"]
        for number, section in enumerate(self.sections):
            lines += [r"\hline"] if number else []
            if section.heading:
                heading = rf"\textit{{{section.heading.translate(signs)}}}"
                lines.append(rf"\multicolumn{{{self._wide}}}{{l}}{{{heading}}} \\")
            lines += map(line, section.rows)
        return "\n".join([*lines, r"\hline", r"\end{tabular}", *notes, r"\end{table}"]) + "\n"

    def to_html(self) -> str:
        """Render as an HTML table, notes in paragraphs beneath."""

        def line(cells: Sequence[str], tag: str) -> str:
            places = [self.style.html_left if j in self.left else "" for j in range(len(cells))]
            both = zip(cells, places, strict=True)
            row = "".join(f"<{tag}{at}>{html.escape(cell.strip())}</{tag}>" for cell, at in both)
            return f"<tr>{row}</tr>"

        title = html.escape(self.title)
        notes = [f"<p>{html.escape(note)}</p>" for note in self.notes]
        if not self.sections:
            return "\n".join([f"<h4>{title}</h4>", *notes]) + "\n"
        caption = f"<caption>{title}</caption>" if title else ""
        lines = [f"{self.style.html_open}{caption}".rstrip("\n")]
        if self.header:
            lines.append(f"<thead>{line((self.corner, *self.header), 'th')}</thead>")
        for section in self.sections:
            lines.append("<tbody>")
            if section.heading:
                heading = html.escape(section.heading)
                lines.append(f'<tr><th colspan="{self._wide}" scope="rowgroup">{heading}</th></tr>')
            lines += [line(row, "td") for row in section.rows]
            lines.append("</tbody>")
        return "\n".join([*lines[:-1], lines[-1] + self.style.html_close, *notes]) + "\n"
