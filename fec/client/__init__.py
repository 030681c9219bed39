"""Typed access to deployed contracts: one class for each concern, together in `Client`."""
