"""What a client asks for and what results: request, encoding plan, answer, status."""
