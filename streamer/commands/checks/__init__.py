"""The parts of the preflight, one module a subject. Each looks, changes nothing, and says what it found."""
