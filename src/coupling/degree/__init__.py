"""From indices to the coupling degree C, the coordination index T, the degree D and its level.

Read `levels` (edges and names), `formulas` (C, and all choices in one record), `coupled` (one walk
down the rows), then `coordination`, the doors.
"""

from coupling.degree.coordination import coordination_index, coupling_coordination, coupling_degree
from coupling.degree.coupled import couple, subsystem_weights
from coupling.degree.formulas import METHODS, CouplingFormula
from coupling.degree.levels import SCHEMES, Scheme, classify, graded, levels_of, resolve
