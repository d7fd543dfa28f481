"""A NoETL server that only pretends: recorded traffic of a real one is its model and its test."""
