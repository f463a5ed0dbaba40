"""The restricted wild cluster bootstrap: a Wald test whose draws obey the null hypothesis.

Read `null_model`, the world in which the hypothesis holds, `draws`, all of them in one batch, and
`test`, the p value and the interval by inversion; `results` is what is handed back.
"""
