"""The loops of the use cases, the composition root and the command line."""
