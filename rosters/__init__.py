"""The spreadsheet engine: read, match, check, preview, commit."""
