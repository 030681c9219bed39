"""Members of a brand, and their vaults."""
