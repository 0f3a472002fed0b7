"""How keywords, expressions and keys become conditions of a look-up."""
