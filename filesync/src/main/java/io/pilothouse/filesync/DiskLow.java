package io.pilothouse.filesync;

import java.io.IOException;

/** A disk has less room left than shall be kept free: nothing more is taken. */
public final class DiskLow extends IOException {
  private static final long serialVersionUID = 1;

  public DiskLow(long free, long kept) {
    super(
        "the disk is almost full: %d MiB are free, %d MiB are kept free (--keep-free)"
            .formatted(free >> 20, kept >> 20));
  }
}
