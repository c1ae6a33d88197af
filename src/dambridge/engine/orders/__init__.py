"""Orders of named people that are not runs: rulings, words, releases of rights, outlets and their activation."""
