"""HTTP without the product: security, errors, limits, streaming."""
