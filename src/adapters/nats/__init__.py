"""NATS: one shared connection, JetStream streams and buckets that all replicas see, subjects that find a process."""
