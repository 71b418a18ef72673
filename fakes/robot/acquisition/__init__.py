"""Data acquisition: captures of image services and plugins, their store and downloads."""
