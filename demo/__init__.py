"""The main job: a year of real shopping on a local chain, until every node has paid in full. Run by `make demo`."""
