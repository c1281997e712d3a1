"""The question, and the screen to change one's mind."""
