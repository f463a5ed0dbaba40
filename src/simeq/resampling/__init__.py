"""Many estimates at once: parts and draws of the sample are sums of clusters' cross products.

Read `cluster_products` and `plan`, a system ready to be drawn from, then `randomness` and
`jackknife_bootstrap`; `covariance` and `results` are what they leave. `wild` is a room inside.
"""
