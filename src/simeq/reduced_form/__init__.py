"""What follows from a simultaneous system: total effects, feedback, multipliers, forecasts."""
