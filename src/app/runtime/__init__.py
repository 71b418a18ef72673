"""Process plumbing: loop threads, signals, log, memory."""
