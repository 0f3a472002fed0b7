"""The page about the format, tried by who has nothing else."""
