"""Users, their appointments, and the scope that follows from them."""
