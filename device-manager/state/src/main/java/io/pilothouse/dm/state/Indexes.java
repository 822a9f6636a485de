package io.pilothouse.dm.state;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Every {@link Index} over the tables. {@link State} owns one and feeds it each put, whatever the
 * put is for (replay, undo, loading); {@link Draft} shows the same one, so that a rule sees what
 * its own request has changed.
 *
 * <p>To add one: a class that implements {@link Index}, a field here, and its place in {@link
 * #all}. It must depend on the tables alone: {@code IndexesTest} compares all of them with rebuilt
 * ones after random commands. What an update says of one table may need another one (is the machine
 * of this verdict in service?): then both tables' updates are listened to, since tables may be
 * loaded in any order.
 */
public final class Indexes {
  final FleetIndex fleet = new FleetIndex();
  final MachineIndex machines = new MachineIndex();
  final VerdictIndex verdicts = new VerdictIndex();
  final RepairIndex repairs = new RepairIndex();
  final RolloutIndex rollouts = new RolloutIndex();
  final StandingIndex standings = new StandingIndex(rollouts, machines);
  final LedgerIndex ledger = new LedgerIndex();
  final StrayIndex strays = new StrayIndex(machines);
  final SessionIndex sessions = new SessionIndex();
  final TrailIndex trail = new TrailIndex();
  final FaultIndex faults = new FaultIndex();
  final NoiseIndex noise = new NoiseIndex();
  final IncidentIndex incidents = new IncidentIndex();
  final DestructiveIndex destructive = new DestructiveIndex();
  final PeerIndex peers = new PeerIndex();
  final AccessIndex access = new AccessIndex();
  final OfferIndex offers = new OfferIndex();
  final HealthIndex health = new HealthIndex();

  /** In the order of feeding: a later one may read an earlier one. */
  private final List<Index> all =
      List.of(
          fleet,
          machines,
          verdicts,
          repairs,
          rollouts,
          standings,
          ledger,
          strays,
          sessions,
          trail,
          faults,
          noise,
          incidents,
          destructive,
          peers,
          access,
          offers,
          health);

  Indexes() {}

  /** Feeds all of them. The tables hold the update already. */
  void update(Entities now, Update update) {
    for (Index each : all) {
      each.update(now, update);
    }
  }

  /** All that they hold, by index: equal for equal tables. */
  SortedMap<String, SortedMap<String, Object>> contents() {
    SortedMap<String, SortedMap<String, Object>> contents = new TreeMap<>();
    all.forEach(each -> contents.put(each.getClass().getSimpleName(), each.contents()));
    return contents;
  }
}
