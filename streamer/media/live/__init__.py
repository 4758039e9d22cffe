"""The livestream: encoding, CMAF chunks, slate, ledger files."""
