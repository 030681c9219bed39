"""Proofs that the contracts cannot do what they must not: `python -m proofs`. What they cover is in docs/proofs.md."""
