"""The base of every refusal: a sentence for the user that says what is wrong and how to mend it."""


class Refused(Exception):
    """An action did not happen. `str(error)` is the sentence to show; nothing was changed."""
