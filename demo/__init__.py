"""The demo application: a small AI service that works all the time, with no account and no network."""
