"""The state of the daemon, for all that show it: frozen values, taken without blocking."""
