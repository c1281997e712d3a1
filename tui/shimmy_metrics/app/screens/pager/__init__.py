"""Lines to read and nothing else."""
