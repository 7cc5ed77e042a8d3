"""What speaks for or against a candidate; each kind of evidence is a module of its own."""
