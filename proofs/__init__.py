"""Proofs of what the contracts cannot do: `python -m proofs`. docs/assurance/proofs.md says what they cover."""
