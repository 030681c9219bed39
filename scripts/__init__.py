"""Ape scripts. `ape run` takes each file here for a command, but for those whose name begins with an underscore."""
