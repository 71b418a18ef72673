"""Data acquisition: captures of image services and plugins, kept until they are fetched."""
