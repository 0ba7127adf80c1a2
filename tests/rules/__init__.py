"""The rules, proven by promtool."""
