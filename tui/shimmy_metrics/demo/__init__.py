"""`shimmy demo`: the whole product in a throw-away profile, with a toy server and a receiver on loopback."""
