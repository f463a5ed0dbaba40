"""Projections and Σ in, estimates out. One method family per file."""
