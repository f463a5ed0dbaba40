"""Checks of tables that others have printed: which figures cannot be.

Read `printed` (what a printed figure stands for), then `coupling_table` and `weight_sums`.
"""

from coupling.audit.coupling_table import check_coupling_table, invert_coupling
from coupling.audit.weight_sums import check_weights
