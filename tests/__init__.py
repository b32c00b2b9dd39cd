"""One file per room; ``made`` makes the documents the tests need."""
