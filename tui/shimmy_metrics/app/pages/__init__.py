"""Pages: pure functions from what there is to the lines that show it. No screen, no widget, no disk."""
