"""Events for readers: pages from a cursor on, and streams."""
