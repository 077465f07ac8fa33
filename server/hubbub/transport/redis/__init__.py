"""The ports over Redis: Streams carry commands, pub/sub events and answers. Redis holds nothing that matters (G10)."""
