"""From indicators in their own units to numbers between 0 and 1, the better end up.

Read `directions` (what a large value means), `bounds` (least and greatest values, observed or
stored), `scaled` (the arithmetic by blocks), then `normalize`, the door.
"""

from coupling.scaling.bounds import bounds_frame, stored_bounds
from coupling.scaling.directions import Direction, Interval, Straight, Target, direction_of
from coupling.scaling.normalize import ends_of, normalize
from coupling.scaling.scaled import OUTSIDE, scale
