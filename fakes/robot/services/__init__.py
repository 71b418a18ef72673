"""The fake robot's own gRPC services."""
