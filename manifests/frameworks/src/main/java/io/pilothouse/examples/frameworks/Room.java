package io.pilothouse.examples.frameworks;

import io.pilothouse.framework.Tasks;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.IntPredicate;

/** What of an offer is not given to a task yet. */
public final class Room {
  // sums of fractions: 0.1 + 0.2 is no reason to do without a task
  private static final double HAIR = 1e-6;

  private final List<Value.Range> ports = new ArrayList<>();
  private double cpus;
  private double mem;

  public Room(Offer offer) {
    this(offer, false);
  }

  /**
   * The same, by what its tasks run on.
   *
   * @param revocable processors that may be taken back; else others
   */
  public Room(Offer offer, boolean revocable) {
    cpus = revocable ? Tasks.revocableAmount(offer, "cpus") : Tasks.amount(offer, "cpus");
    mem = Tasks.amount(offer, "mem");
    offer.getResourcesList().stream()
        .filter(each -> each.getName().equals("ports"))
        .forEach(each -> ports.addAll(each.getRanges().getRangeList()));
  }

  /**
   * How many tasks of this size there is room for.
   *
   * @param mem MiB of one
   */
  public int times(double cpus, double mem) {
    return (int) Math.min((this.cpus + HAIR) / cpus, (this.mem + HAIR) / mem);
  }

  /** Takes a task's part, if there is room for it. */
  public boolean take(double cpus, double mem) {
    if (times(cpus, mem) < 1) {
      return false;
    }
    this.cpus -= cpus;
    this.mem -= mem;
    return true;
  }

  /** The lowest port of the offer that nobody uses. */
  public OptionalInt port(IntPredicate used) {
    for (Value.Range range : ports) {
      for (int port = (int) range.getBegin(); port <= range.getEnd(); port++) {
        if (!used.test(port)) {
          return OptionalInt.of(port);
        }
      }
    }
    return OptionalInt.empty();
  }

  /** One port, as a task asks for it. */
  public static Resource port(int port) {
    return Resource.newBuilder()
        .setName("ports")
        .setType(Value.Type.RANGES)
        .setRanges(
            Value.Ranges.newBuilder()
                .addRange(Value.Range.newBuilder().setBegin(port).setEnd(port)))
        .build();
  }
}
