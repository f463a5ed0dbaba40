"""The system solved for its endogenous variables: total effects, feedback, multipliers, forecasts.

Read `feedback` and `dynamics` (arrays only), `solved` (a fit solved, at the estimate and in draws),
`effects` (numbers with names), `multipliers` and `forecasts`; then `results`, and `printed`.
"""
