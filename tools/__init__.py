"""What makes and checks generated files, and sets the project up. Run from the project's folder."""
