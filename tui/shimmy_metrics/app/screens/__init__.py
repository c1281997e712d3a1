"""One folder per screen: `view.py` turns a snapshot into rows (pure), `screen.py` is the Textual screen."""
