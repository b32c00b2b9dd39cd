"""What the verbs of the command line do; ``retention.__main__`` says how they are spelled."""
