"""Many estimates at once: draws of clusters as sums of their Grams, solved in one batch."""
