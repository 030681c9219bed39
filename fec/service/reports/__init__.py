"""Charts and figures for the pages."""
