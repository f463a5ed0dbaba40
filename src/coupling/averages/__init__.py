"""Averages over years and regions: of degrees, or degrees of averages. They differ.

Read `of_degrees` (the mean of D), then `of_indices` (D of the mean).
"""

from coupling.averages.of_degrees import aggregate, averages
from coupling.averages.of_indices import couple_means, coupling_of_means, mean_indices
