"""What measuring calls of models costs an application, beside what the others cost it."""
