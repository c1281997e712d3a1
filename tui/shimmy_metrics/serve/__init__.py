"""The proxy in front of the real server: its address, its process, the relayed bytes, the measured session."""
