package io.pilothouse.dm.simulate;

import io.pilothouse.dm.simulate.FaultModel.Per;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/** What befalls single machines. */
final class MachineFaults {
  private static final String DEAN =
      "Dean 2008: about 1,000 machine failures in a year of 1,800 servers; the split is assumed";
  private static final String ASSUMED = "assumed";

  private MachineFaults() {}

  static List<FaultModel> all() {
    return List.of(
        new FaultModel(
            "crash-passing",
            Per.MACHINE,
            0.22,
            DEAN,
            (subject, random) ->
                passing(subject, "crash-passing", Sign.DEAD, between(random, 3, 20))),
        new FaultModel(
            "crash-hang",
            Per.MACHINE,
            0.22,
            DEAN,
            (subject, random) -> lasting(subject, "crash-hang", Sign.DEAD, Mend.REBOOT)),
        new FaultModel(
            "crash-corrupt",
            Per.MACHINE,
            0.07,
            DEAN,
            (subject, random) -> lasting(subject, "crash-corrupt", Sign.DEAD, Mend.RE_IMAGE)),
        new FaultModel(
            "crash-hardware",
            Per.MACHINE,
            0.05,
            DEAN,
            (subject, random) -> lasting(subject, "crash-hardware", Sign.DEAD, Mend.REPLACE)),
        new FaultModel(
            "disk-wear",
            Per.MACHINE,
            0.12,
            "Schroeder and Gibson 2007: 2 to 4 % of disks replaced a year; 3 % and 4 disks",
            MachineFaults::diskWear),
        new FaultModel(
            "disk-passing",
            Per.MACHINE,
            0.20,
            ASSUMED,
            (subject, random) ->
                passing(subject, "disk-passing", Sign.IO_ERRORS, between(random, 2, 15))),
        new FaultModel("flapping", Per.MACHINE, 0.02, ASSUMED, MachineFaults::flapping),
        new FaultModel(
            "slow",
            Per.MACHINE,
            0.05,
            ASSUMED + "; Isard 2007 counts slow machines as serious as stopped ones",
            (subject, random) ->
                lasting(
                    subject,
                    "slow",
                    Sign.SLOW,
                    random.nextInt(3) == 0 ? Mend.REPLACE : Mend.REBOOT)),
        new FaultModel(
            "reports-lost",
            Per.MACHINE,
            0.30,
            ASSUMED,
            (subject, random) ->
                passing(subject, "reports-lost", Sign.MUTE, between(random, 1, 10))),
        new FaultModel(
            "lying-bmc",
            Per.SHARE,
            0.005,
            ASSUMED,
            (subject, random) -> {
              SimMachine.Bmc lie =
                  random.nextBoolean() ? SimMachine.Bmc.DOES_NOTHING : SimMachine.Bmc.DOES_TWICE;
              return world -> world.machine(subject).bmc = lie;
            }));
  }

  private static Consumer<World> passing(String subject, String cause, Sign sign, long millis) {
    return world ->
        world
            .machine(subject)
            .suffersFor(new Ailment(cause, sign, Mend.PASSES, world.agenda.now()), millis);
  }

  private static Consumer<World> lasting(String subject, String cause, Sign sign, Mend mend) {
    return world ->
        world.machine(subject).suffers(new Ailment(cause, sign, mend, world.agenda.now()));
  }

  /** Warnings for some days before the end, in two of three cases: SMART does not always tell. */
  private static Consumer<World> diskWear(String subject, Random random) {
    boolean warns = random.nextInt(3) > 0;
    boolean smart = random.nextInt(2) == 0;
    long warning = Chance.between(random, Spans.HOUR, 2 * Spans.DAY);
    Sign end = smart ? Sign.SMART_FATAL : Sign.IO_ERRORS;
    return world -> {
      SimMachine machine = world.machine(subject);
      if (warns) {
        machine.suffersFor(
            new Ailment("disk-wear", Sign.SMART_SOFT, Mend.PASSES, world.agenda.now()), warning);
      }
      world.agenda.after(
          warns ? warning : 0,
          () -> machine.suffers(new Ailment("disk-wear", end, Mend.REPLACE, world.agenda.now())));
    };
  }

  /** Dies and comes back, time and again, until its hardware is replaced. */
  private static Consumer<World> flapping(String subject, Random random) {
    long every = Chance.between(random, 40 * Spans.MINUTE, 6 * Spans.HOUR);
    long down = Chance.between(random, 4 * Spans.MINUTE, 15 * Spans.MINUTE);
    return world -> flapping(world.machine(subject), every, down).accept(world);
  }

  /** Dead for so long every so often. */
  static Consumer<World> flapping(SimMachine machine, long every, long down) {
    return world -> {
      Ailment cause =
          new Ailment(
              "flapping",
              new Sign(
                  Sign.Kind.LATENT, "", io.pilothouse.api.v1.Severity.SEVERITY_UNSPECIFIED, false),
              Mend.REPLACE,
              world.agenda.now());
      machine.suffers(cause);
      flap(world, machine, cause, every, down);
    };
  }

  private static void flap(World world, SimMachine machine, Ailment cause, long every, long down) {
    if (!machine.ailments().contains(cause)) {
      return;
    }
    if (machine.isUp()) {
      machine.suffersFor(new Ailment("flapping", Sign.DEAD, Mend.PASSES, world.agenda.now()), down);
    }
    world.agenda.after(every, () -> flap(world, machine, cause, every, down));
  }

  private static long between(Random random, long fromMinutes, long toMinutes) {
    return Chance.between(random, fromMinutes * Spans.MINUTE, toMinutes * Spans.MINUTE);
  }
}
