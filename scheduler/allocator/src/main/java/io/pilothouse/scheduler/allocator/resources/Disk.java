package io.pilothouse.scheduler.allocator.resources;

/**
 * What is particular to a disk.
 *
 * @param source "" for the machine's root disk, else what tells this disk from others
 * @param whole is only ever given out as a whole (a mount, a block device)
 * @param volume id of the persistent volume on it, or ""
 * @param details path, mode and principal of the volume as one text: how it is used, which tells no
 *     two disks apart, as in Mesos
 */
public record Disk(String source, boolean whole, String volume, String details) {
  public static Disk volume(String id) {
    return new Disk("", false, id, "");
  }

  public static Disk mount(String source) {
    return new Disk(source, true, "", "");
  }

  /** What tells disks apart, as one text. */
  String identity() {
    return String.join("\u0001", source, whole ? "whole" : "", volume);
  }

  public boolean isVolume() {
    return !volume.isEmpty();
  }
}
