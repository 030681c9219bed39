"""Rewards that a merchant gives, one by one or in batches."""
