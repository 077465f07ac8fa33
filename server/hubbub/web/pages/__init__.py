"""The pages people read without any script, and the files that browsers load."""
