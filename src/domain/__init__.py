"""What the gateway does, in pure Python: no library, no protocol, no back end is known here."""
