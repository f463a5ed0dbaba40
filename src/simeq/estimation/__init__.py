"""A system without its rows, and the system fitted.

Read `system`, a design laid on its triangle, with `rank` and `columns`, then `fit`, what everybody
above knows of an estimate, `scores` and `goodness_of_fit`; `failures` says why there is none.
`structure`, `closure` and `consistency` lay the system out for its reduced form.
"""
