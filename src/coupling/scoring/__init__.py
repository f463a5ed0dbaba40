"""A whole panel: its columns found, scaled, weighed, added up and coupled, step by step.

Read `scale` (which columns, and the record that later years are scored on), then `steps`: what
`CouplingModel.fit` and `CouplingResult.transform` do in turn.
"""

from coupling.scoring.scale import Scale, directions_by_pair, indicators
from coupling.scoring.steps import scale_systems, score, score_again, weigh_systems
