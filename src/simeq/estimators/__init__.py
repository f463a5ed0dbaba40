"""Equations in orthonormal coordinates go in, estimates come out: one family of methods a file.

Read `equations`, `restriction` and `residual_covariance`, then `samples`, the core that solves one
sample or a thousand, and `iteration`. `estimator` says what a method owes; `least_squares` and
`generalized` are methods, `registry` lists them. `choices` and `conventions` are where programs
differ.
"""
