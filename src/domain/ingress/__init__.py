"""Push deliveries: who sent them, what they say, and which playbook they start (wire 9)."""
