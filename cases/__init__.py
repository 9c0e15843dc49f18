"""Journal, cases, ratings, mailbox, weekly reports."""
