"""Properties of a source: description, name, modes, controls, parameters."""
