"""The HTTP applications, put together from the container's parts."""
