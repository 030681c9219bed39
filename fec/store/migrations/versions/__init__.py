"""The steps, each of them frozen once it is released."""
