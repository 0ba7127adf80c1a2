"""Load tests: Locust in a process of its own, what its clients saw, and what the service measured meanwhile."""
