"""Facts about this machine, each read without a subprocess and without the network."""
