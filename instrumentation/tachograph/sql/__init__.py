"""SQL as text: what a statement does and to which tables, and its text without literals."""
