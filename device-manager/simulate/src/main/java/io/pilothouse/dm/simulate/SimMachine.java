package io.pilothouse.dm.simulate;

import io.pilothouse.api.v1.VersionRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * One machine as it really is: hardware, power, network, disk. What runs on it is told elsewhere.
 */
final class SimMachine {

  /** How its management controller carries out an order. */
  enum Bmc {
    HONEST,
    /** Says done and does nothing. */
    DOES_NOTHING,
    /** Carries it out, and some minutes later once more. */
    DOES_TWICE
  }

  static final VersionRef NOTHING = VersionRef.getDefaultInstance();

  final Place place;
  final Random random;
  private final World world;
  private final List<Ailment> ailments = new ArrayList<>();
  private int unpowered;
  private int cutOff;
  private boolean up = true;
  private boolean fromNetwork;
  private long epoch;
  private int boots = 1;
  private long generation;
  Bmc bmc = Bmc.HONEST;

  // what is on the disk
  private VersionRef image = NOTHING;
  private int writings;
  private final SortedMap<String, VersionRef> staged = new TreeMap<>();
  private VersionRef active = NOTHING;

  SimMachine(Place place, World world) {
    this.place = place;
    this.world = world;
    this.random = world.chance.stream("machine/" + place.name());
  }

  String name() {
    return place.name();
  }

  // what is so

  /** Whether software runs on it, the installer included. */
  boolean isUp() {
    return up;
  }

  boolean isInstaller() {
    return up && fromNetwork;
  }

  /** Whether the network and the power of its place are there. */
  boolean isReachable() {
    return cutOff == 0 && unpowered == 0;
  }

  boolean hasPower() {
    return unpowered == 0;
  }

  /** Whether it is of use to anyone. */
  boolean serves() {
    return up
        && !fromNetwork
        && cutOff == 0
        && !active.equals(NOTHING)
        && ailments.stream().noneMatch(each -> each.sign().harms());
  }

  boolean has(Sign.Kind kind) {
    return ailments.stream().anyMatch(each -> each.sign().kind() == kind);
  }

  Optional<Ailment> first(Sign.Kind kind) {
    return ailments.stream().filter(each -> each.sign().kind() == kind).findFirst();
  }

  /** What is wrong with itself, oldest first; what its place suffers is not. */
  List<Ailment> ailments() {
    return List.copyOf(ailments);
  }

  /** The weakest act that would make it well; empty when it is. */
  Optional<Mend> needs() {
    return ailments.stream().map(Ailment::mend).max(java.util.Comparator.naturalOrder());
  }

  String bootId() {
    return place.name() + "-boot-" + boots;
  }

  String key() {
    return place.name() + "-key-" + generation;
  }

  /** Ends with each boot: what was under way in the one before is void. */
  long epoch() {
    return epoch;
  }

  VersionRef image() {
    return image;
  }

  /** How often its disk was written anew. */
  int writings() {
    return writings;
  }

  VersionRef active() {
    return active;
  }

  SortedMap<String, VersionRef> staged() {
    return staged;
  }

  // what happens to it

  /** It falls ill. */
  void suffers(Ailment ailment) {
    ailments.add(ailment);
    if (ailment.sign().kind() == Sign.Kind.DEAD) {
      stop();
    }
    world.changed(this);
  }

  /** It falls ill, and is well again by itself after a while. */
  void suffersFor(Ailment ailment, long millis) {
    suffers(ailment);
    world.agenda.after(millis, () -> passes(ailment));
  }

  /** An ailment ends by itself; what it stopped starts again. */
  void passes(Ailment ailment) {
    if (ailments.remove(ailment)) {
      if (ailment.sign().kind() == Sign.Kind.DEAD && !up) {
        boot();
      }
      world.changed(this);
    }
  }

  void losesPower() {
    if (unpowered++ == 0) {
      stop();
    }
    world.changed(this);
  }

  void getsPower() {
    if (--unpowered == 0) {
      boot();
    }
    world.changed(this);
  }

  void isCutOff() {
    cutOff++;
    world.changed(this);
  }

  void isConnected() {
    cutOff--;
    world.changed(this);
  }

  // what is done to it

  void powerCycle(boolean network) {
    fromNetwork = network;
    stop();
    mended(Mend.REBOOT);
    if (unpowered == 0) {
      boot();
    }
    world.changed(this);
  }

  /** The installer wrote an image over all that was on the disk. */
  void imaged(VersionRef with) {
    mended(Mend.RE_IMAGE);
    wipe();
    write(with);
    world.changed(this);
  }

  /** New hardware with an empty disk; it stays off until someone powers it. */
  void replaced() {
    stop();
    mended(Mend.REPLACE);
    wipe();
    generation++;
    bmc = Bmc.HONEST;
    fromNetwork = true;
    world.changed(this);
  }

  /** Back on its disk with an image and a version, as a rival's provisioning leaves it. */
  void reinstalled(VersionRef with, VersionRef version) {
    mended(Mend.REPLACE);
    write(with);
    runs(version);
    powerCycle(false);
  }

  void runs(VersionRef version) {
    ailments.removeIf(each -> each.mend() == Mend.OTHER_VERSION);
    active = version;
    if (!version.equals(NOTHING)) {
      staged.put(version.getName() + "@" + version.getVersion(), version);
      world.versions.begins(this, version);
    }
    world.changed(this);
  }

  /** As a machine that has served for long: no boot, nothing to tell anyone. */
  void settled(VersionRef with, VersionRef version) {
    image = with;
    active = version;
    staged.put(version.getName() + "@" + version.getVersion(), version);
  }

  private void mended(Mend act) {
    ailments.removeIf(each -> each.mend().compareTo(act) <= 0);
  }

  private void write(VersionRef with) {
    writings++;
    image = with;
    world.versions.written(this, with);
  }

  private void wipe() {
    writings++;
    image = NOTHING;
    staged.clear();
    active = NOTHING;
    ailments.removeIf(each -> each.mend() == Mend.OTHER_VERSION);
  }

  private void stop() {
    epoch++;
    up = false;
  }

  private void boot() {
    long now = ++epoch;
    world.agenda.after(
        Chance.between(random, 2 * Spans.MINUTE, 6 * Spans.MINUTE),
        () -> {
          if (epoch == now && unpowered == 0 && canStart()) {
            boots++;
            up = true;
            world.changed(this);
            world.control().cameUp(this);
          }
        });
  }

  private boolean canStart() {
    fromNetwork |= image.equals(NOTHING);
    return ailments.stream()
        .filter(each -> each.sign().kind() == Sign.Kind.DEAD)
        .noneMatch(each -> !fromNetwork || each.mend() == Mend.REPLACE);
  }
}
