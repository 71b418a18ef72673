"""The daemon as a service of systemd: its unit, and its installation."""
