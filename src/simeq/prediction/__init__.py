"""Right sides of the equations on any rows, with their standard errors.

Read `extrapolation` (new rows that the sample does not determine), `columns_on_rows` (columns of
the design on the sample or on new rows), `structural` (the predictions), then `results`.
"""
