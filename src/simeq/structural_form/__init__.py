"""The structural form as arrays: Γ, identities solved, whether feedback comes to an end.

Read `loops` (feedback carried to its end), `structure` (which variable stands where), `solution`
(the system solved, for one vector of coefficients or many).
"""
