"""The contract: what travels, how it is encoded, and what each side may say when. No I/O happens here."""
