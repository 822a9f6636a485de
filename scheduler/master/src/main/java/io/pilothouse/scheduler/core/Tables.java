package io.pilothouse.scheduler.core;

import io.pilothouse.api.v1.FrameworkEnd;
import io.pilothouse.api.v1.OfferableMachine;
import io.pilothouse.mesos.v1.scheduler.Event;
import io.pilothouse.scheduler.allocator.Allocator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** All that the core knows. Iterated in the order of arrival, never in that of hashes. */
final class Tables {
  /** Agents that went away, remembered to answer reconciliation. */
  private static final int UNREACHABLE = 100_000;

  /** Frameworks that are over; the Device Manager keeps as many. */
  private static final int ENDED = 1_000;

  final CoreOptions options;
  final Allocator allocator;
  final Outbox outbox;

  /** Milliseconds since the epoch, as the last input said. */
  long now;

  /** Until then an agent may come that is not in the list of those that were written down. */
  long listedBy;

  final Map<String, Framework> frameworks = new LinkedHashMap<>();
  final Map<String, Framework> byStream = new HashMap<>();
  final LinkedHashMap<String, Framework> completed = new LinkedHashMap<>();

  /** Ids that are not taken again; the newest. */
  private final LinkedHashMap<String, Boolean> ended =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
          return size() > ENDED;
        }
      };

  final Map<String, Agent> agents = new LinkedHashMap<>();
  final Map<String, Agent> byMachine = new HashMap<>();
  final Map<AgentLink, Agent> byLink = new HashMap<>();

  /** Agents of an earlier leader that may still come, and their machines. */
  final LinkedHashMap<String, String> expected = new LinkedHashMap<>();

  /** What is written down of each agent, registered or not, by its id. */
  final Map<String, AgentRecord> records = new LinkedHashMap<>();

  final LinkedHashMap<String, Offer> offers = new LinkedHashMap<>();
  final Map<String, OfferableMachine> machines = new LinkedHashMap<>();

  /** When agents became so. */
  final LinkedHashMap<String, Long> unreachable =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
          return size() > UNREACHABLE;
        }
      };

  /** Something happened that may let somebody have an offer now. */
  boolean allocateSoon;

  /** Roles that lack some of their guarantee, in words; as of the last batch. */
  final Map<String, String> lacks = new TreeMap<>();

  final Removals removals = new Removals(this);
  final Inverse inverse = new Inverse(this);
  final Shares shares = new Shares(this);
  final OperationStatuses operations = new OperationStatuses(this);
  final Writes writes;

  /** Agents that the Device Manager takes at some time. */
  final Set<Agent> taken = new LinkedHashSet<>();

  final Counts counts = new Counts();
  private long ids;
  private int frameworkIds;

  Tables(CoreOptions options, Allocator allocator, Outbox outbox) {
    this.options = options;
    this.allocator = allocator;
    this.outbox = outbox;
    this.writes = new Writes(outbox);
  }

  /** The id is not taken again, nor by a later leader. */
  void end(String framework, String why) {
    hasEnded(framework);
    writes.behind(
        new Write.EndFramework(FrameworkEnd.newBuilder().setId(framework).setWhy(why).build()));
  }

  void hasEnded(String framework) {
    ended.put(framework, true);
  }

  boolean isEnded(String framework) {
    return ended.containsKey(framework);
  }

  /** Unique among schedulers, since the scheduler's own id is. */
  String nextId(String kind) {
    return options.master().getId() + "-" + kind + ids++; // for each offer
  }

  int nextFramework() {
    return frameworkIds++;
  }

  void tell(Framework framework, Event.Builder event) {
    @Nullable String stream = framework.stream;
    if (stream != null) {
      outbox.event(stream, event.build());
    }
  }

  void tellOperators(io.pilothouse.mesos.v1.master.Event.Builder event) {
    if (outbox.operatorsListen()) {
      outbox.toOperators(event.build());
    }
  }
}
