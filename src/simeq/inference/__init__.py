"""Coefficients with a covariance, and all that follows from them: intervals, tests, functions.

Read `distribution`, `intervals` and `delta_method` (arrays only), then the record `coefficients`
and `linear_tests`; then how users meet them: `results` and `functions`. `derived` is for numbers of
any shape, as the reduced form has them.
"""
