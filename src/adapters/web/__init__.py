"""The daemon over HTTP: a page, its data, pictures, metrics and health. An optional adapter."""
