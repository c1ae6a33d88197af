"""Flow intake: what is selected and approved at the source arrives in the target, once, with its fields and proof."""
