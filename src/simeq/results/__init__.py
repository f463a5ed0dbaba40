"""Results as users meet them: few stored facts, the rest derived when asked.

Read `notes` (a fit in words), `fit` (a system's estimate with its names), `equation` (one of its
equations), `system` (what can be asked of an estimate), `comparison` (several side by side),
`files`; `maketables` is what the package of that name asks of a result.
"""
