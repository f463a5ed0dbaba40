"""From weighted indicators to one index for each subsystem.

Read `systems` (which columns make which subsystem, and their weights inside it), then `composite`.
"""

from coupling.index.composite import composite_index, weighted_sums
from coupling.index.systems import Members, positions, shared_notes, weights_inside
