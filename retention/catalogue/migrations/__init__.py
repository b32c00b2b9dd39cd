"""The catalogue's history, one revision a file."""
