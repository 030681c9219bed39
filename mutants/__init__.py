"""Mutation testing: is there a test that fails for each small change of a contract? `python -m mutants --help`."""
