"""Baselines: how calls spread over a histogram's buckets, kept under a name, and compared by a test of the ranks."""
