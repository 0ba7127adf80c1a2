"""Caches: how each kind of them is counted."""
