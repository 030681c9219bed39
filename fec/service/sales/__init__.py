"""Sales that were paid elsewhere, in cash or by card: recorded, claimed with codes, and settled together."""
