"""Alembic's entry: runs on the connection that `storage.migrate` hands over, in that connection's transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
