"""One system on parts of what the whole has: without controls, in groups of rows.

Read `parts` (a model of a part), `collected` (fits side by side, those that failed among them),
`dropping` (controls left out), `groups` (each group by itself) with `equality` (the test across
them), and `each` (many groups in one batch).
"""
