"""`shimmy demo`: the whole product in a temporary profile, with a toy server and a receiver on loopback."""
