"""The use case of evaluating: how many goals a model and Lean prove, or steps a model foresees."""
