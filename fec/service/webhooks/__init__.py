"""Merchants' endpoints for events, and their delivery."""
