"""What measuring statements costs an application, beside what the others cost it."""
