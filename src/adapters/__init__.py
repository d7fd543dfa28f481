"""The domain's ports on real technology, one package per technology; they do not know each other."""
