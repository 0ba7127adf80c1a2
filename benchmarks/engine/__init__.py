"""What tracing costs an application: the engine, operations, the import, the exit, forks."""
