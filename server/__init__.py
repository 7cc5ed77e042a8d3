"""The model server: HTTP, queueing and policy over `stepcheck.models`."""
