"""The covariance of coefficients, and in words how it was made.

Read `covariance`, a record that classical, robust and resampled kinds share, then `robust`, which
makes one from the rows' scores. Those that resample are a room above.
"""
