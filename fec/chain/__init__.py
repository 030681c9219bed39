"""One chain: its JSON-RPC endpoint, contracts on it, what is deployed there, and a local Anvil."""
