"""A lost store made anew from what the systems show, and letting go of what was held since."""
