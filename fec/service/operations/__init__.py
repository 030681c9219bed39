"""What runs beside the API: loops in the background, health and metrics, the web pages."""
