"""What listens: HTTP connections, the applications behind them, and their life from start to stop."""
