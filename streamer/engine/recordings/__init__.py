"""Makes recordings of kept segments: cutting, exporting, analysing."""
