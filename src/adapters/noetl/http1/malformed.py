class MalformedAnswer(Exception):
    """Inside this package: the bytes are not the answer to what was asked.

    The text is one of our own fixed phrases and may be logged; it never quotes the upstream.
    """
