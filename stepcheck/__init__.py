"""stepcheck: a model proposes, a checker disposes, an editor shows what survived."""

__version__ = "0.1.0"
