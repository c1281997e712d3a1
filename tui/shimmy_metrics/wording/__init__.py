"""The sentences that the app, the plain prompt and the command line share, so that they never differ."""
