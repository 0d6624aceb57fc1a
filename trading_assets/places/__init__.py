"""Where bytes lie: a folder of this machine, or a prefix in a bucket that several machines share."""
