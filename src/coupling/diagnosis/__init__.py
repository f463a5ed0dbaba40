"""What stands behind a degree: which subsystem lags, and what keeps an index from 1.

Read `relative_development` (two subsystems compared), then `obstacle` (gaps of the indicators).
"""

from coupling.diagnosis.obstacle import gaps_to_one, nothing_left, obstacle_degree
from coupling.diagnosis.relative_development import relative_development
