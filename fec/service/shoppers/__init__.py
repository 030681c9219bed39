"""Shoppers of a program as its merchant sees them."""
