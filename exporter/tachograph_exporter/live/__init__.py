"""The live page and the JSON API: what the exporter knows by itself, with no other server running."""
