"""The HTTP interface: one module a resource, its schemas beside it."""
