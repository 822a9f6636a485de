package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.VersionRef;
import java.util.Locale;
import java.util.Optional;

/**
 * What machines have in common. The order is that of preference among explanations that are equally
 * good when machines are gone: power and network before what runs on them.
 */
enum Dimension {
  RACK(true, true),
  SWITCH(true, true),
  FEED(true, true),
  MODEL(true, false),
  FIRMWARE(true, false),
  IMAGE(true, false),
  MANIFEST(true, false),
  WATCHDOG_SET(true, false),
  AGENT(true, false),
  UNIT(false, true),
  TYPE(false, true),
  FLEET(false, true);

  /** The one value of {@link #FLEET}. */
  static final String ALL = "all";

  private final boolean explains;
  private final boolean domain;

  Dimension(boolean explains, boolean domain) {
    this.explains = explains;
    this.domain = domain;
  }

  /** Whether a value of it may be the cause of errors. */
  boolean explains() {
    return explains;
  }

  /** Whether it is a domain of the budget, in which a mass failure is stopped. */
  boolean isDomain() {
    return domain;
  }

  /** Whether a rollout brings its values. */
  boolean isRolledOut() {
    return thing().isPresent();
  }

  /** Of what its values are versions; empty when they are none. */
  Optional<Thing> thing() {
    return switch (this) {
      case IMAGE -> Optional.of(Thing.THING_IMAGE);
      case MANIFEST -> Optional.of(Thing.THING_MANIFEST);
      case WATCHDOG_SET -> Optional.of(Thing.THING_WATCHDOG_SET);
      case AGENT -> Optional.of(Thing.THING_AGENT);
      case RACK, SWITCH, FEED, MODEL, FIRMWARE, UNIT, TYPE, FLEET -> Optional.empty();
    };
  }

  /** As incidents store it. */
  String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  static Dimension ofWord(String word) {
    return valueOf(word.toUpperCase(Locale.ROOT).replace('-', '_'));
  }

  /** The machine's value; empty when it has none. */
  String of(Machine machine) {
    return switch (this) {
      case RACK -> machine.getRack();
      case SWITCH -> machine.getSwitch();
      case FEED -> machine.getFeed();
      case MODEL -> machine.getModel();
      case FIRMWARE -> machine.getObserved().getFirmware();
      case IMAGE -> version(machine.getObserved().getImage());
      case MANIFEST -> version(manifest(machine));
      case WATCHDOG_SET -> version(machine.getObserved().getWatchdogSet());
      case AGENT -> version(machine.getObserved().getAgent());
      case UNIT -> machine.getScaleUnit();
      case TYPE -> machine.getType();
      case FLEET -> ALL;
    };
  }

  /** What it runs; or what it does not get to run, when that is its error. */
  private static VersionRef manifest(Machine machine) {
    return machine.getError().getWatchdog().equals(ErrorPredicate.VERSION)
        ? machine.getWantedActive()
        : machine.getObserved().getActive();
  }

  private static String version(VersionRef ref) {
    return ref.getName().isEmpty() ? "" : Texts.ref(ref);
  }
}
