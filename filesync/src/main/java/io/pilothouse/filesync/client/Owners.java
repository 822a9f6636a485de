package io.pilothouse.filesync.client;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Who of a group brings a content from outside for all the others: by rendezvous hashing, so that
 * all who know the same members agree without a word, each member has an equal share, and a member
 * that comes or goes moves its own share alone. A pure function of the members and the hash.
 */
public final class Owners {
  private static final int HEX_DIGITS_OF_A_LONG = 16;

  private final List<String> members;
  private final long[] seeds;

  /**
   * Makes the owners of a group.
   *
   * @param members addresses, in any order
   */
  public Owners(List<String> members) {
    Set<String> once = new LinkedHashSet<>(members);
    this.members = List.copyOf(once);
    this.seeds = this.members.stream().mapToLong(Owners::seed).toArray();
  }

  /** All members. */
  public List<String> members() {
    return members;
  }

  /**
   * Those who answer for a chunk or an index, first the one who does while it lives.
   *
   * @param hash SHA-256 in hex
   * @param most how many
   */
  public List<String> of(String hash, int most) {
    long chunk = Long.parseUnsignedLong(hash.substring(0, HEX_DIGITS_OF_A_LONG), 16);
    int count = Math.min(most, seeds.length);
    boolean[] taken = new boolean[seeds.length];
    List<String> owners = new ArrayList<>(count);
    for (int place = 0; place < count; place++) {
      int best = -1;
      long highest = 0;
      for (int i = 0; i < seeds.length; i++) {
        long score = mix(seeds[i] ^ chunk);
        if (!taken[i] && (best < 0 || higher(score, i, highest, best))) {
          best = i;
          highest = score;
        }
      }
      taken[best] = true;
      owners.add(members.get(best));
    }
    return owners;
  }

  /** Two members with one score: by name, or the order of the list would count. */
  private boolean higher(long score, int member, long highest, int best) {
    int order = Long.compare(score, highest);
    return order > 0 || (order == 0 && members.get(member).compareTo(members.get(best)) < 0);
  }

  private static long seed(String member) {
    long hash = 0xcbf29ce484222325L; // FNV-1a
    for (int i = 0; i < member.length(); i++) {
      hash = (hash ^ member.charAt(i)) * 0x100000001b3L;
    }
    return mix(hash);
  }

  /** The end of MurmurHash3: every bit of the input counts for every bit of the result. */
  private static long mix(long value) {
    long mixed = (value ^ (value >>> 33)) * 0xff51afd7ed558ccdL;
    mixed = (mixed ^ (mixed >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return mixed ^ (mixed >>> 33);
  }
}
