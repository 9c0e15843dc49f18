"""Generated examples are never judged by their time: a busy machine is no bug."""

from hypothesis import settings

settings.register_profile("gridparty", deadline=None)
settings.load_profile("gridparty")
