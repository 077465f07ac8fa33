"""Tests of hubbub.web.pages."""
