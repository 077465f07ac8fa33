"""The only source of truth: SQLite or PostgreSQL through SQLAlchemy Core, chosen by one URL."""
