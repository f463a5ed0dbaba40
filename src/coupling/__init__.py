"""From a panel of indicators to coupling coordination degrees.

In the order of the work: `normalize` → weights → `composite_index` → `coupling_coordination` →
`aggregate`. `CouplingModel` binds the steps.
"""

from coupling import plot
from coupling.audit import check_coupling_table, check_weights, invert_coupling
from coupling.averages import aggregate, coupling_of_means
from coupling.data import load_us_states
from coupling.degree import classify, coordination_index, coupling_coordination, coupling_degree
from coupling.diagnosis import obstacle_degree, relative_development
from coupling.errors import CouplingError, CouplingWarning
from coupling.index import composite_index
from coupling.model import CouplingModel
from coupling.panel import as_panel
from coupling.results import CouplingResult
from coupling.scaling import Interval, Target, normalize
from coupling.weights import (
    combine_weights,
    critic_weights,
    cv_weights,
    entropy_weights,
    equal_weights,
    std_weights,
    weights_from_entropy,
)

__all__ = [
    "CouplingError",
    "CouplingModel",
    "CouplingResult",
    "CouplingWarning",
    "Interval",
    "Target",
    "aggregate",
    "as_panel",
    "check_coupling_table",
    "check_weights",
    "classify",
    "combine_weights",
    "composite_index",
    "coordination_index",
    "coupling_coordination",
    "coupling_degree",
    "coupling_of_means",
    "critic_weights",
    "cv_weights",
    "entropy_weights",
    "equal_weights",
    "invert_coupling",
    "load_us_states",
    "normalize",
    "obstacle_degree",
    "plot",
    "relative_development",
    "std_weights",
    "weights_from_entropy",
]


def __dir__() -> list[str]:
    """Public names only; the rooms are found by their own names."""
    return sorted(__all__)
