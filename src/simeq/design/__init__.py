"""The distinct columns W of a system, who uses which, and the rows of the sample, asked for openly.

Begin with `design`, a record without rows; `build` makes it from formulas and data, together with
the triangle R and the `sample_rows`. `without_terms` leaves controls out, and `new_rows` gives the
columns on other data.
"""
