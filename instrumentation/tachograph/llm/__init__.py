"""What all libraries that call models share: providers, usage, prices, content, attempts, chains and agents."""
