"""Work that must not get lost: job rows with progress, schedules, notices and what must be sent."""
