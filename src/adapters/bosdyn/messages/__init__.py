"""Domain values to protobuf and back."""
