package io.pilothouse.dm.raft;

/**
 * Tells what a crash leaves of the entries that were being written from what a disk makes of sound
 * ones.
 *
 * <p>Ratis fills the file with zeros, a MiB ahead, and writes over them. So an entry that a crash
 * has cut lies inside of the file: of what was not synced yet any sectors may still be the zeros
 * that were there before, also the first ones, and also when later ones, with whole entries in
 * them, were written. A flipped bit makes no sector of zeros.
 */
final class LogTail {
  /** No disk writes a smaller part; pages of 4 KiB are some of these. */
  private static final int SECTOR = 512;

  private final LogBytes bytes;

  LogTail(LogBytes bytes) {
    this.bytes = bytes;
  }

  /**
   * Of bytes that are no entry, where one should be.
   *
   * @param index that it should have
   * @return what is wrong; empty for what a crash can have left
   */
  String damage(int at, long index) {
    if (bytes.hasFlippedLength(at)) {
      return otherLength(at);
    }
    if (bytes.at(at) == 0) {
      return bytes.isZero(at, Math.min(sectorBehind(at), bytes.size()))
          ? ""
          : "behind byte %d are zeros, and then more".formatted(at);
    }
    int length = bytes.length(at);
    boolean isLengthCut = length == Integer.MAX_VALUE;
    if (length < 0 || (length > LogBytes.LONGEST && !isLengthCut)) {
      return "no entry is as long as byte %d says".formatted(at);
    }
    int later = bytes.laterThan(at, index);
    long end = (long) at + bytes.lengthBytes(at) + length + LogBytes.CHECKSUM;
    boolean cut =
        later < 0
            ? end > bytes.size() || isLost(at, (int) end) || isCutOff((int) end)
            : end <= bytes.size() && isLost(at, (int) Math.min(end, later));
    if (cut) {
      return later < 0 && bytes.hasOtherLength(at) ? otherLength(at) : "";
    }
    return later < 0
        ? "the checksum at byte %d does not fit".formatted(at)
        : "at byte %d is no entry, and at byte %d is one behind it".formatted(at, later);
  }

  private static String otherLength(int at) {
    return "the length at byte %d is not what it was".formatted(at);
  }

  private static int sectorBehind(int at) {
    return at / SECTOR * SECTOR + SECTOR;
  }

  /** Whether a sector that a part of the entry was for is as it was before. */
  private boolean isLost(int at, int end) {
    for (int sector = sectorBehind(at); sector < end; sector += SECTOR) {
      if (bytes.isZero(sector, Math.min(sector + SECTOR, bytes.size()))) {
        return true;
      }
    }
    return false;
  }

  /** Whether it was written up to some byte before its checksum, and nothing is behind that. */
  private boolean isCutOff(int end) {
    return bytes.isZero(end - LogBytes.CHECKSUM, bytes.size());
  }
}
