package io.pilothouse.tasks.oci;

import java.util.ArrayList;
import java.util.List;

/**
 * Whom a container's programs run as: numbers, which are the same inside and outside of it.
 *
 * @param groups beside the first
 */
public record Ids(int uid, int gid, List<Integer> groups) {
  public static final Ids ROOT = new Ids(0, 0, List.of());

  /** Copies what is given. */
  public Ids {
    groups = List.copyOf(groups);
  }

  /** The same with more groups. */
  public Ids with(List<Integer> more) {
    List<Integer> all = new ArrayList<>(groups);
    all.addAll(more);
    return new Ids(uid, gid, all);
  }

  /** As chown(1) takes them. */
  public String owner() {
    return uid + ":" + gid;
  }
}
