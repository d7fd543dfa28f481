"""`GET /api/events/poll`: the frames of /events for networks that swallow streams."""
