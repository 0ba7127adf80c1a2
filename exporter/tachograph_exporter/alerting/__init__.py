"""Notifications: where alerts go, the configuration Alertmanager reads, and proof that messages arrive."""
