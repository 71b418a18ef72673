"""Where the outside world meets the domain: one technology a package."""
