package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.MachineOrBuilder;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.RolloutOrBuilder;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.VersionRef;
import java.util.List;

/**
 * What rolls out: contents of four kinds, which take the same path and differ in where a machine
 * keeps them and in what a switch does to it.
 */
final class Things {

  /**
   * In the order in which a machine that is behind in several is brought up: the image first, since
   * it wipes the others.
   */
  static final List<Thing> ALL =
      List.of(Thing.THING_IMAGE, Thing.THING_AGENT, Thing.THING_MANIFEST, Thing.THING_WATCHDOG_SET);

  /** Those that a running machine fetches to its disk; an image comes with its installer. */
  static final List<Thing> STAGED =
      List.of(Thing.THING_MANIFEST, Thing.THING_WATCHDOG_SET, Thing.THING_AGENT);

  private Things() {}

  /** What a registered version is of. */
  static Thing of(Manifest manifest) {
    return manifest.getImage() ? Thing.THING_IMAGE : manifest.getThing();
  }

  /** As sentences name it. */
  static String word(Thing thing) {
    return switch (thing) {
      case THING_MANIFEST -> "manifest";
      case THING_IMAGE -> "image";
      case THING_WATCHDOG_SET -> "watchdog set";
      case THING_AGENT -> "agent";
      case UNRECOGNIZED -> throw unknown(thing);
    };
  }

  /** As the fleet's files name it. */
  static String key(Thing thing) {
    return word(thing).replace(' ', '-');
  }

  /** The name whose versions roll out to machines of the type; empty = none. */
  static String named(MachineType type, Thing thing) {
    return switch (thing) {
      case THING_MANIFEST -> type.getManifest();
      case THING_IMAGE -> type.getImage();
      case THING_WATCHDOG_SET -> type.getWatchdogSet();
      case THING_AGENT -> type.getAgent();
      case UNRECOGNIZED -> throw unknown(thing);
    };
  }

  /** The version that the machine should have; empty = none, or the one it was installed with. */
  static VersionRef wanted(MachineOrBuilder machine, Thing thing) {
    return switch (thing) {
      case THING_MANIFEST -> machine.getWantedActive();
      case THING_IMAGE -> machine.getWantedImage();
      case THING_WATCHDOG_SET -> machine.getWantedWatchdogSet();
      case THING_AGENT -> machine.getWantedAgent();
      case UNRECOGNIZED -> throw unknown(thing);
    };
  }

  static Machine.Builder want(Machine.Builder machine, Thing thing, VersionRef version) {
    return switch (thing) {
      case THING_MANIFEST -> machine.setWantedActive(version);
      case THING_IMAGE -> machine.setWantedImage(version);
      case THING_WATCHDOG_SET -> machine.setWantedWatchdogSet(version);
      case THING_AGENT -> machine.setWantedAgent(version);
      case UNRECOGNIZED -> throw unknown(thing);
    };
  }

  /** The version that the machine reports that it has. */
  static VersionRef observed(MachineOrBuilder machine, Thing thing) {
    return switch (thing) {
      case THING_MANIFEST -> machine.getObserved().getActive();
      case THING_IMAGE -> machine.getObserved().getImage();
      case THING_WATCHDOG_SET -> machine.getObserved().getWatchdogSet();
      case THING_AGENT -> machine.getObserved().getAgent();
      case UNRECOGNIZED -> throw unknown(thing);
    };
  }

  /** Whether the machine should have the version that the rollout brings. */
  static boolean wants(MachineOrBuilder machine, RolloutOrBuilder rollout) {
    return wanted(machine, rollout.getThing()).equals(rollout.getTo());
  }

  /**
   * What a unit's version is compared with. A machine that no rollout ever gave an image has the
   * one that it was installed with.
   */
  static VersionRef standing(Machine machine, Thing thing) {
    VersionRef wanted = wanted(machine, thing);
    return thing == Thing.THING_IMAGE && wanted.getName().isEmpty()
        ? observed(machine, thing)
        : wanted;
  }

  /** Whether the machine has what it should, as it reports; who wants none in particular has. */
  static boolean isThere(Machine machine, Thing thing) {
    VersionRef wanted = wanted(machine, thing);
    boolean any = thing == Thing.THING_IMAGE && wanted.getName().isEmpty();
    return any || wanted.equals(observed(machine, thing));
  }

  /** How {@link #isThere} fails. */
  static String difference(Machine machine, Thing thing) {
    String has = Texts.ref(observed(machine, thing));
    String should = Texts.ref(wanted(machine, thing));
    return thing == Thing.THING_MANIFEST
        ? "runs %s, should run %s".formatted(has, should)
        : "has the %s %s, should have %s".formatted(word(thing), has, should);
  }

  private static IllegalArgumentException unknown(Thing thing) {
    return new IllegalArgumentException(
        thing + ": a thing that this version does not know; upgrade this replica first");
  }
}
