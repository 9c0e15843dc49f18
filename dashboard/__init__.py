"""Read-only: figures, trends, maps, exports. Not built yet."""
