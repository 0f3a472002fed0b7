"""Say what a sealed file must be."""
