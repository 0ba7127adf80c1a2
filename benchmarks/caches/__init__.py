"""What measuring look-ups in caches costs an application, beside what the others cost it."""
