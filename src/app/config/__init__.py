"""The configuration file: model, errors with positions, example, schema, reload."""
