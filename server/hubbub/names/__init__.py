"""Names of people: which are the same to the eye, and free ones to pick from."""
