"""Ports between web nodes and workers: commands in, answers back, live events out."""
