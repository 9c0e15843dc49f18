"""Persons, households, residence, care lists, visits, talents, contact cards."""
