"""What running a candidate shows: by examples, tests, another version, the project's tests."""
