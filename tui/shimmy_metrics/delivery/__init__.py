"""In the order the data moves: sealing, request, post, retry, send; `detach` starts the sender in its own process."""
