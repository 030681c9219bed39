"""What every request goes through: who calls, how often, idempotency, problems, languages."""
