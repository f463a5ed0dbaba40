"""Tests that read an estimate, on R wherever it can be; each says its null hypothesis in words.

Read `hypothesis_test`, then the families: `instrumented_equation` with `strength`, `endogeneity`,
`overidentification` and `anderson_rubin`; `cross_equation`, `hausman`, `residuals`. Where R is not
enough `robust_moments` sums over rows; `tests` and `all_tests` are how users meet them all.
"""
