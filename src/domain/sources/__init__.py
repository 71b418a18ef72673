"""What a camera offers: description, name, modes, controls, parameters."""
