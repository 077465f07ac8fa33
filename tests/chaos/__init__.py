"""Many processes, real services, faults drawn from a seed, and a checker that judges the record."""
