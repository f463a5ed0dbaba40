"""Tables of results on the page: text, Markdown, HTML, LaTeX, CSV and Excel.

Read `table` (a frame with a title and a note, as text), then `report` (several, to print or save).
"""

from coupling.tables.report import Report, check_ending
from coupling.tables.table import Table
