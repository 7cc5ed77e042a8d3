"""When work runs, who shares its result, and when it is given up."""
