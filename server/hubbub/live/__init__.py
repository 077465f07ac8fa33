"""The live fan-out: who reads what on this node, and how new events reach them."""
