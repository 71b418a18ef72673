"""The state of the daemon, for whoever shows it: frozen values, taken without blocking."""
