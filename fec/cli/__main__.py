"""`python -m fec.cli`, where the entry point `fec` is not on the path."""

from fec.cli import main

main(prog_name="fec")
