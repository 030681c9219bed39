"""What the tests reach: lines and branches of the contracts and of the Python code. See docs/assurance/coverage.md."""
