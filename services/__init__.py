"""Service posts and claims, teams, activities, pairing, mutual-help station, feedback cards. Not built yet."""
