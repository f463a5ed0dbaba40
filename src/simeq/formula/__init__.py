"""From text to terms: equations, instruments, who is endogenous, identities, lags, restrictions.

No rows are seen here. `terms` alone knows patsy; `syntax` reads a factor's code, `expression` binds
it to data and caller. Then `specification` (with `names`, `identities`, `lags`) and `endogeneity`;
`constraints` and `coefficient_functions` read what is asked of coefficients.
"""
