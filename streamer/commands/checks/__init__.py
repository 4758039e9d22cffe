"""The parts of the preflight, one module per subject. Each reports its findings and changes nothing."""
