"""The app and its terminal: which driver, glyphs and theme it gets, the cursor, suspending, hanging up."""
