"""What is asked of the chain, and the events that tell of it."""
