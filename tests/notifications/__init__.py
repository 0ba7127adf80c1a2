"""Notifications: the configuration, the messages, and the commands around them."""
