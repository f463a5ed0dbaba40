"""Arrays and nothing else: bases, rank by column, definite matrices, and the triangle R.

Read `triangle`, the one idea (rows become R), then `bases`, which says what spans what, and
`definite`, by which every stack of matrices is solved. `threads` is how many BLAS may have.
"""
