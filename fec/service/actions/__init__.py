"""What is asked of the chain, once for each request, and the events that tell of it."""
