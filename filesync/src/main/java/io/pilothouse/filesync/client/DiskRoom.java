package io.pilothouse.filesync.client;

import io.pilothouse.filesync.DiskLow;
import java.nio.file.Path;

/**
 * Room on a machine's disk. What runs there must find some, whatever is fetched: a part of the disk
 * stays free.
 */
final class DiskRoom {
  private static final int MIB = 1 << 20;

  /** One part in so many stays free, and no more than that. */
  private static final int SHARE = 20;

  private static final long MOST = 1024L * MIB;

  /** The disk of the machine that this is. */
  static final DiskRoom OF_MACHINE = new DiskRoom(Space::of);

  /** For what takes the place of as much: it may have the last byte. */
  static final DiskRoom ALL = new DiskRoom(place -> new Space(0, 0));

  private final Disk disk;

  /** Where room is looked for. */
  interface Disk {
    Space look(Path place);
  }

  /**
   * The size of a file system, in bytes.
   *
   * @param total 0 when it is not known: then nothing is kept free
   * @param free what this program may still write
   */
  record Space(long total, long free) {
    private static Space of(Path place) {
      return new Space(place.toFile().getTotalSpace(), place.toFile().getUsableSpace());
    }

    private long kept() {
      return Math.min(MOST, total / SHARE);
    }
  }

  DiskRoom(Disk disk) {
    this.disk = disk;
  }

  /** Refuses what would leave too little, before anything of it is written. */
  void require(Path place, long bytes) throws DiskLow {
    Space space = disk.look(place);
    if (space.total() > 0 && space.free() - bytes < space.kept()) {
      throw new DiskLow(
          "it takes %d MiB, %d MiB are free, of which %d MiB have to stay free"
              .formatted((bytes + MIB - 1) / MIB, space.free() / MIB, space.kept() / MIB));
    }
  }

  /** Refuses to go on where others have taken the room meanwhile. */
  void look(Path place) throws DiskLow {
    Space space = disk.look(place);
    if (space.total() > 0 && space.free() < space.kept()) {
      throw new DiskLow(
          "%d MiB are left, and %d MiB have to stay free"
              .formatted(space.free() / MIB, space.kept() / MIB));
    }
  }
}
