"""Makes recordings from kept segments: cutting, exporting, analysing."""
