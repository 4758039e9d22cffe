"""Socket.IO: namespaces and fan-out."""
