"""The change log (one entry for every change of a business column, bulk included) and the view log."""
