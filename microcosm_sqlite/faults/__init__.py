"""Name every fault that the file of a data set may have."""
