"""Metric families and the text formats they are written in."""
