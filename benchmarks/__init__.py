"""Receipt gas of every state-changing function, beside the EVM's floor and a peer. See docs/assurance/benchmarks.md."""
