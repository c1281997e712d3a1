"""What several screens share: text and layout, the frame around every screen, buttons, dialogs."""
