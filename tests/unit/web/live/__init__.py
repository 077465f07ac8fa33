"""Tests of hubbub.web.live."""
