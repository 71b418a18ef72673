"""What synthetic pictures show."""
