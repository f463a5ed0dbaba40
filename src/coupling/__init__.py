"""From a panel of indicators to coupling coordination degrees."""
from coupling.degree import coordination_index, coupling_coordination, coupling_degree
from coupling.directions import Interval, Target
from coupling.errors import CouplingError, CouplingWarning
from coupling.index import composite_index
from coupling.keys import as_panel
from coupling.levels import classify
from coupling.scaling import normalize
from coupling.weights import *
