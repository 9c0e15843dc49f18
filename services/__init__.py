"""Service posts and claims, teams, activities and hours, feedback cards."""
