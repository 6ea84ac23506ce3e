"""The backtest: hold out elections, score every method, write the report."""
