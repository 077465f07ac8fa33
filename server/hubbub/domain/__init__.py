"""What a comment, a thread and an actor are, and what each actor may do. Imports the standard library alone."""
