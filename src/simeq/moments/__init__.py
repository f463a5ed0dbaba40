"""Scores of an estimate, row by row, and their sums: by row, by cluster, by lag.

Read `scores`, where rows are asked for again, then `sandwich` (arrays only) and the user's
`request`; `meat` joins the three.
"""
