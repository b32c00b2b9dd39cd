"""Power cuts on loop-mounted file systems: for root, and apart from the suite."""
