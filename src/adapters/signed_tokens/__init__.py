"""What checking a signed token takes, whoever issued it: its spelling, its signature, its issuer's published keys."""
