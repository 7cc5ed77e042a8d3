"""The default model shipped with stepcheck; see MODEL_CARD.md."""
