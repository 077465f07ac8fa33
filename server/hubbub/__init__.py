"""Hubbub: a self-hosted, real-time comment server."""
