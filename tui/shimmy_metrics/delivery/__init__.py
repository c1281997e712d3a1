"""From a session's end to a receipt: `seal`, `detach`, `sender`, `request`, `post`, `response`, `backoff`."""
