"""A scored panel: few stored facts, and the tables that are made of them.

Read `result` (attributes, averages, obstacles, later years on the same scale) and `summary` (the
tables that are printed).
"""

from coupling.results.result import CouplingResult
