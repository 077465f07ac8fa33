"""Tests of hubbub.web.middleware."""
