"""The corpus from which the starter model learns: made by us, naming nobody."""
