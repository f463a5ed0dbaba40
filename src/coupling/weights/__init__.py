"""Weights of indicators inside a panel: one family a file, or given by someone.

Read `family` (what all doors share) and `spread` (the sums behind them), then `entropy`, `critic`,
`variation`, `combination`; `given` takes weights in.
"""

from collections.abc import Callable

from coupling.panel import Array, Groups
from coupling.weights.combination import combine_weights
from coupling.weights.critic import by_critic, critic_weights, require_varying
from coupling.weights.entropy import by_entropy, entropy_weights, weights_from_entropy
from coupling.weights.family import dominant
from coupling.weights.given import (
    SUM_TOL,
    by_subsystem,
    check_shares,
    dominant_given,
    match,
    sum_to_one,
)
from coupling.weights.spread import moments
from coupling.weights.variation import (
    by_deviation,
    by_variation,
    cv_weights,
    equal_weights,
    equally,
    std_weights,
)

#: Families by the names that a model knows: indicators (n, k) in G groups to columns (G, k), the
#: last one weight.
FAMILIES: dict[str, Callable[[Array, Groups], dict[str, Array]]] = {
    "entropy": by_entropy, "critic": by_critic, "cv": by_variation, "std": by_deviation,
    "equal": equally,
}  # fmt: skip
