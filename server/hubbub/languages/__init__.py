"""The languages of readers: one JSON file each, and what finds texts in them."""
