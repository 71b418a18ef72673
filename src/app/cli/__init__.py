"""The product's commands: serve, cameras, controls."""
