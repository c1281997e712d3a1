"""The person's own figures, summed by day, week or month."""
