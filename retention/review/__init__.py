"""The review pages: where people see what the nights found, and decide."""
