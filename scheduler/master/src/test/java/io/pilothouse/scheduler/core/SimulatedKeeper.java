package io.pilothouse.scheduler.core;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.OfferAgent;
import io.pilothouse.api.v1.OfferFramework;
import io.pilothouse.api.v1.ReadOffersReply;
import io.pilothouse.mesos.v1.OperationStatus;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;

/** What a Device Manager keeps for schedulers. Writes take their time, and so do its answers. */
final class SimulatedKeeper {
  private final Map<String, OfferFramework> frameworks = new LinkedHashMap<>();
  private final Map<String, OfferAgent> agents = new LinkedHashMap<>();
  private final Deque<Numbered> underWay = new ArrayDeque<>();
  private long done;
  private long answered;
  private long clock;

  /** Writes that were refused, and nobody was told yet. */
  final List<Long> refused = new ArrayList<>();

  /** Uuids of statuses of operations that were ever written down. */
  private final Set<ByteString> operations = new HashSet<>();

  private record Numbered(long number, Write what) {}

  void take(long number, Write what) {
    underWay.add(new Numbered(number, what));
  }

  /** What is said to be done by now, if that is more than before. */
  OptionalLong live(Random random, boolean slow) {
    long answer = slow && random.nextBoolean() ? answered : done;
    while (!underWay.isEmpty() && (!slow || random.nextInt(3) > 0)) {
      Numbered next = underWay.remove();
      if (slow && next.what() instanceof Write.KeepAgent && random.nextInt(40) == 0) {
        done = next.number();
        refused.add(next.number());
      } else {
        apply(next);
      }
    }
    if (!slow) {
      answer = done;
    }
    boolean more = answer > answered;
    answered = answer;
    return more ? OptionalLong.of(answer) : OptionalLong.empty();
  }

  /** The leader is gone: some of what is under way still gets here, and nobody is told. */
  void loseLeader(Random random) {
    while (!underWay.isEmpty() && random.nextBoolean()) {
      apply(underWay.remove());
    }
    underWay.clear();
    refused.clear();
    done = 0;
    answered = 0;
  }

  private void apply(Numbered write) {
    done = write.number();
    switch (write.what()) {
      case Write.KeepFramework keep -> {
        String id = keep.framework().getId();
        if (hasEnded(id)) {
          throw new AssertionError("framework " + id + " is written down again after its end");
        }
        frameworks.put(id, keep.framework());
      }
      case Write.EndFramework end -> {
        String id = end.end().getId();
        OfferFramework known =
            frameworks.getOrDefault(id, OfferFramework.newBuilder().setId(id).build());
        frameworks.put(id, known.toBuilder().setEndedAt(++clock).build());
      }
      case Write.KeepAgent keep -> {
        agents.put(keep.agent().getMachine(), keep.agent());
        Holdings.parse(keep.agent().getHeld())
            .operations()
            .forEach(each -> operations.add(each.getStatus().getUuid().getValue()));
      }
      // its machines are in the fleet, whether or not they are offered
      case Write.ForgetMachine forget -> {}
      case Write.SayConsent say -> {} // who takes machines here heeds nobody
    }
  }

  boolean hasEnded(String framework) {
    OfferFramework known = frameworks.get(framework);
    return known != null && known.getEndedAt() > 0;
  }

  boolean keeps(String framework) {
    return frameworks.containsKey(framework) && !hasEnded(framework);
  }

  boolean keepsAgent(String id) {
    return agents.values().stream().anyMatch(agent -> agent.getId().equals(id));
  }

  /** What is held on an agent; nothing of one that is not written down. */
  Holdings held(String id) {
    return agents.values().stream()
        .filter(agent -> agent.getId().equals(id))
        .findFirst()
        .map(agent -> Holdings.parse(agent.getHeld()))
        .orElse(Holdings.NONE);
  }

  boolean hasSeen(OperationStatus status) {
    return operations.contains(status.getUuid().getValue());
  }

  ReadOffersReply read() {
    return ReadOffersReply.newBuilder()
        .addAllFrameworks(frameworks.values())
        .addAllAgents(agents.values())
        .build();
  }
}
