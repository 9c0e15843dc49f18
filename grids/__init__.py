"""The area tree: district, street, community, grid, building, and what happens when it is redrawn."""
