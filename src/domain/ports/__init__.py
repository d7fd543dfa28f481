"""The roles that the domain needs somebody to play. Adapters fit them by shape and do not inherit."""
