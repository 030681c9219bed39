"""Pure integers: the curve, ids of nodes, amounts, shares, lengths of time. Imports nothing of the package."""
