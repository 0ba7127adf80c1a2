"""What receiving costs: decoding and storing, HTTP, scraping meanwhile, memory, and a long time of many clients."""
