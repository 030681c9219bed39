"""Who calls, and what they may do: API keys, and signing in with Ethereum."""
