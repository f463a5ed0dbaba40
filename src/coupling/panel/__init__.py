"""The caller's numbers with their labels: what every step computes on.

Read `keys` (unit and time, and how a row is named), `labelled_array` (numbers in, labels out), then
`groups` and `grouping` (rows that belong together), `blocks` (rows that stay in the cache).
"""

from coupling.panel.blocks import Array
from coupling.panel.grouping import By, keys_of, keys_of_panel, split
from coupling.panel.groups import Groups, combine, everything
from coupling.panel.keys import as_panel, at, check_keys, keyed, shown
from coupling.panel.labelled_array import Labelled, LabelledArray, read, require_finite
