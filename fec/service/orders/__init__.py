"""Invoices, payments, refunds, captures: an order's way through the service."""
