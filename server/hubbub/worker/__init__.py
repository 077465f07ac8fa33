"""The persistence worker: the only code that changes storage."""
