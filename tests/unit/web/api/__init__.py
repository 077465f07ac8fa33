"""Tests of hubbub.web.api."""
