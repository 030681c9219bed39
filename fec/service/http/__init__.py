"""What every answer shares: problems, languages, types of fields, limits, keys, and the record of requests."""
