"""Serving: from a request to an answer."""
