"""In front of the real server: its address, its process, the bytes, the measured session."""
