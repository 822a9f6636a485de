package io.pilothouse.dm.server;

import java.util.Collection;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Soft state of one term of leadership: who was heard when, and what each reporter may still send.
 * A steady OK ends here and writes nothing.
 *
 * <p>What its loss costs at a fail-over: a new leader starts empty, so silence is noticed one
 * valid-for later than it would have been, and an old report that arrives late may count once as a
 * sign of life.
 */
final class LastHeard {

  private final Map<String, Map<String, Long>> machines = new ConcurrentHashMap<>();
  private final Map<String, Long> replicas = new ConcurrentHashMap<>();
  private final Reporters reporters = new Reporters();
  private final FlapDamper damper = new FlapDamper();
  private final Floods floods = new Floods();

  /**
   * What is known of a reporter.
   *
   * @throws io.grpc.StatusRuntimeException when as many are known as are kept in mind
   */
  Reporter reporter(String name, long nanoTime) {
    return reporters.of(name, nanoTime);
  }

  Collection<Map.Entry<String, Reporter>> reporters() {
    return reporters.all();
  }

  FlapDamper damper() {
    return damper;
  }

  Floods floods() {
    return floods;
  }

  /** A watchdog's report on a machine came. */
  void heard(String machine, String watchdog, long nanoTime) {
    machines.computeIfAbsent(machine, key -> new ConcurrentHashMap<>()).put(watchdog, nanoTime);
  }

  /** The same, of one of its observers. */
  void heard(String machine, String watchdog, String reporter, long nanoTime) {
    heard(machine, observer(watchdog, reporter), nanoTime);
  }

  /** When, on the monotonic clock; empty when not in this term. */
  OptionalLong at(String machine, String watchdog) {
    return time(machines.getOrDefault(machine, Map.of()).get(watchdog));
  }

  OptionalLong at(String machine, String watchdog, String reporter) {
    return at(machine, observer(watchdog, reporter));
  }

  /** An observer fell silent: it may never come again under this name. */
  void forget(String machine, String watchdog, String reporter) {
    machines.getOrDefault(machine, new ConcurrentHashMap<>()).remove(observer(watchdog, reporter));
  }

  /** Machines that left the fleet are not kept in mind. */
  void retain(Set<String> names) {
    machines.keySet().retainAll(names);
  }

  /** No watchdog's name holds a space. */
  private static String observer(String watchdog, String reporter) {
    return watchdog + " " + reporter;
  }

  /** A deployment replica reported. */
  void replicaHeard(String id, long nanoTime) {
    replicas.put(id, nanoTime);
  }

  OptionalLong replicaAt(String id) {
    return time(replicas.get(id));
  }

  private static OptionalLong time(@Nullable Long at) {
    return at == null ? OptionalLong.empty() : OptionalLong.of(at);
  }
}
