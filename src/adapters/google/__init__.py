"""What Google signs."""
