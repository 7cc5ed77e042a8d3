"""One module for each feature of the protocol; `register` adds its handlers to the server."""
