"""The live socket: its handshake, and what its requests do."""
