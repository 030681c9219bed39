"""The web pages that the package ships, and a small server for them."""
