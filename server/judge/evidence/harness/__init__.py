"""What running code of other languages shows, through a harness in that language."""
