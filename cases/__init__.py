"""Journal, cases, ratings, mailbox, weekly reports, bulletin, staff assessment. Not built yet."""
