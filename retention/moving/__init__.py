"""The machine behind ``retention.restrict``: one function for each step of a move, out to the vault and home again."""
