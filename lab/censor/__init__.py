"""The boxes on the path: which flows they are about, and what they do to them."""
