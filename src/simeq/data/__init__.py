"""From the caller's data to the sample: rows are pushed in blocks, and asked for again if need be.

Begin with `data_columns` and `source`, where rows come from (`files` reads them from disk); then
`evaluation`, one factor on some rows, `factor_values`, what all factors are and how columns of W
are written, and `findings` and `sample`, what rows teach. `row_labels` matches clusters and times.
"""
