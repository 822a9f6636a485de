package io.pilothouse.provisioning.power;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LocalPowerTest {
  /** An agent with a workload: a shell that starts another process and stays. */
  private static final List<String> AGENT =
      List.of("/bin/sh", "-c", "echo up in $PILOT_HOME with $EXTRA; sleep 1000 & wait");

  @TempDir Path home;
  private Path machines;
  private LocalPower power;
  private LocalChassis web;

  @BeforeEach
  void build() throws Exception {
    machines = home.resolve("machines");
    power = new LocalPower(machines);
    web = chassis("web-03", AGENT);
  }

  @AfterEach
  void nothingIsLeftRunning() throws Exception {
    assertThat(
            LocalProcesses.kill(
                each -> home.toString().equals(each.get("PILOT_HOME")), Duration.ofSeconds(10)))
        .isEmpty();
  }

  private LocalChassis chassis(String name, List<String> command) throws Exception {
    return LocalChassis.create(
        machines,
        new ChassisSpec(name, "52:54:00:00:00:03", "m1", command, Map.of("EXTRA", "spice")));
  }

  private List<ProcessHandle> running(String machine) {
    return LocalProcesses.withEnvironment(
        Map.of("PILOT_HOME", home.toString(), "PILOT_MACHINE", machine));
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("waited 10 s").isLessThan(deadline);
      Thread.sleep(5);
    }
  }

  private String console() throws IOException {
    return Files.exists(web.consoleLog()) ? Files.readString(web.consoleLog()) : "";
  }

  @Test
  void aSecretIsForTheOneBootThatItIsGivenTo() throws Exception {
    web = chassis("web-03", List.of("/bin/sh", "-c", "cat chassis/enrolment; sleep 1000"));
    power.on("local:web-03", BootDevice.DISK);
    await(() -> !running("web-03").isEmpty());

    power.cycleIntoInstaller("local:web-03", "a secret\n");

    await(() -> said("a secret"));
    assertThat(web.bootDevice()).contains(BootDevice.NETWORK);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(web.enrolment())))
        .isEqualTo("rw-------");

    power.cycle("local:web-03", BootDevice.DISK);
    assertThat(web.enrolment()).doesNotExist();
  }

  private boolean said(String text) {
    try {
      return console().contains(text);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void powerOnStartsTheMachinesCommandInASessionOfItsOwn() throws Exception {
    assertThat(power.state("local:web-03")).isEqualTo(PowerState.OFF);
    power.on("local:web-03", BootDevice.NETWORK);
    assertThat(power.state("local:web-03")).isEqualTo(PowerState.ON);
    assertThat(web.bootDevice()).contains(BootDevice.NETWORK);
    assertThat(power.lastBoot("local:web-03")).contains(BootDevice.NETWORK);
    await(() -> running("web-03").size() == 2);
    assertThat(console()).isEqualTo("up in " + home + " with spice\n");
    ProcessHandle shell = running("web-03").getFirst();
    // proc(5): pid (comm) state ppid pgrp session
    assertThat(Files.readString(Path.of("/proc/" + shell.pid() + "/stat")))
        .matches("(?s)\\d+ \\(.*\\) [A-Z] \\d+ \\d+ " + shell.pid() + " .*");
  }

  @Test
  void aMachineThatIsOnIsLeftAlone() throws Exception {
    power.on("local:web-03", BootDevice.DISK);
    String bootId = web.bootId().orElseThrow();
    await(() -> running("web-03").size() == 2);
    List<ProcessHandle> before = running("web-03");
    power.on("local:web-03", BootDevice.NETWORK);
    assertThat(running("web-03")).containsExactlyElementsOf(before);
    assertThat(web.bootId()).contains(bootId);
  }

  @Test
  void powerOffKillsEveryProcessOfThatMachineAndNoOther() throws Exception {
    chassis("web-04", AGENT);
    power.on("local:web-03", BootDevice.DISK);
    power.on("local:web-04", BootDevice.DISK);
    await(() -> running("web-03").size() == 2 && running("web-04").size() == 2);
    power.off("local:web-03");
    assertThat(running("web-03")).isEmpty();
    assertThat(running("web-04")).hasSize(2);
    power.off("local:web-03"); // off already
  }

  @Test
  void alsoThoseThatAreStoppedOrIgnoreSignals() throws Exception {
    chassis("web-05", List.of("/bin/sh", "-c", "trap '' TERM INT HUP; kill -STOP $$"));
    power.on("local:web-05", BootDevice.DISK);
    assertThat(running("web-05")).hasSize(1);
    power.off("local:web-05");
    assertThat(running("web-05")).isEmpty();
  }

  @Test
  void aCycleComesUpWithAnotherBootId() throws Exception {
    power.on("local:web-03", BootDevice.NETWORK);
    String before = web.bootId().orElseThrow();
    await(() -> running("web-03").size() == 2);
    List<ProcessHandle> old = running("web-03");
    power.cycle("local:web-03", BootDevice.DISK);
    assertThat(web.bootId().orElseThrow()).isNotEqualTo(before);
    assertThat(web.bootDevice()).contains(BootDevice.DISK);
    assertThat(running("web-03")).doesNotContainAnyElementsOf(old).isNotEmpty();
  }

  @Test
  void commandsForOneMachineExcludeEachOther() throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Callable<Void>> cycles = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        cycles.add(
            () -> {
              new LocalPower(machines).cycle("local:web-03", BootDevice.DISK);
              return null;
            });
      }
      for (Future<Void> each : threads.invokeAll(cycles)) {
        each.get();
      }
    }
    await(() -> running("web-03").size() == 2); // one shell with its child: never two machines
  }

  @Test
  void aNewChassisHasAnEmptyDiskAndNoFaults() throws Exception {
    power.on("local:web-03", BootDevice.DISK);
    Files.createDirectories(web.disk().resolve("os/bin"));
    Files.writeString(web.disk().resolve("os/bin/agent"), "x");
    Path outside = Files.createDirectory(home.resolve("outside"));
    Files.writeString(outside.resolve("precious"), "x");
    Files.createSymbolicLink(web.disk().resolve("active"), outside);
    Files.writeString(web.faults().resolve("disk"), "broken");

    power.replaceChassis("local:web-03", 2);

    assertThat(running("web-03")).isEmpty();
    assertThat(web.disk()).isEmptyDirectory();
    assertThat(web.faults()).isEmptyDirectory();
    assertThat(outside.resolve("precious")).exists();
    assertThat(web.generation()).isEqualTo(2);
    assertThat(web.spec().name()).isEqualTo("web-03");
  }

  @Test
  void aChassisOfThatGenerationIsNotReplacedAgain() throws Exception {
    power.replaceChassis("local:web-03", 1);
    Files.writeString(web.disk().resolve("kept"), "x");
    power.replaceChassis("local:web-03", 1);
    assertThat(web.disk().resolve("kept")).exists();
  }

  @Test
  void refusesAddressesThatItDoesNotDrive() {
    assertThatThrownBy(() -> power.off("redfish+https://10.0.0.1"))
        .isInstanceOf(PowerException.class)
        .hasMessageContaining("no power driver for 'redfish+https://10.0.0.1'");
    assertThatThrownBy(() -> power.off("local:web-99"))
        .isInstanceOf(PowerException.class)
        .hasMessageContaining("no machine at 'local:web-99'");
    assertThatThrownBy(() -> power.replaceChassis("local:../../precious", 9))
        .isInstanceOf(PowerException.class)
        .hasMessageContaining("bad machine name");
  }

  @Test
  void aMachineThatCannotBeStartedAgainKeepsItsPower() throws Exception {
    power.on("local:web-03", BootDevice.DISK);
    Files.writeString(web.chassis().resolve("spec.json"), "{\"name\":\"web-03\",");
    assertThatThrownBy(() -> power.cycle("local:web-03", BootDevice.DISK))
        .isInstanceOfSatisfying(
            PowerException.class,
            e -> assertThat(e.kind()).isEqualTo(PowerException.Kind.BAD_CHASSIS))
        .hasMessageContaining("spec.json is wrong:1:");
    assertThat(running("web-03")).isNotEmpty();
  }

  @Test
  void saysWhyAMachineDoesNotStart() throws Exception {
    chassis("web-06", List.of("/no/such/agent"));
    assertThatThrownBy(() -> power.on("local:web-06", BootDevice.DISK))
        .hasMessageContaining("'/no/such/agent' is not an executable file");
    chassis("web-07", List.of("/bin/sh", "-c", "exit 3"));
    assertThatThrownBy(() -> power.on("local:web-07", BootDevice.DISK))
        .hasMessageContaining("ended at once with exit code 3");
  }

  @Test
  void saysWhatIsWrongWithADescription() throws Exception {
    Path spec = web.chassis().resolve("spec.json");
    Map<String, String> wrong =
        Map.of(
            "{\"name\":\"web-04\",\"command\":[\"x\"]}", "names \"web-04\"",
            "{\"name\":\"web-03\"}", "has no \"command\"",
            "{\"name\":\"web-03\",\"command\":[null]}", "has no \"command\"",
            "{\"name\":\"web-03\",\"command\":[\"x\"],\"mca\":\"\"}", "mca",
            "{\"name\":\"web-03\",\"command\":[\"x\"],\"env\":{\"A\":null}}", "\"env\"",
            "null", "names nothing");
    for (Map.Entry<String, String> each : wrong.entrySet()) {
      Files.writeString(spec, each.getKey());
      assertThatThrownBy(() -> web.spec())
          .isInstanceOf(PowerException.class)
          .hasMessageContaining(spec.toString())
          .hasMessageContaining(each.getValue());
    }
  }

  @Test
  void listsMachinesByName() throws Exception {
    chassis("web-01", AGENT);
    Files.createDirectories(machines.resolve("not a machine/chassis"));
    Files.createDirectories(machines.resolve("empty"));
    assertThat(LocalChassis.list(machines))
        .extracting(LocalChassis::name)
        .containsExactly("web-01", "web-03");
    assertThat(LocalChassis.list(home.resolve("nowhere"))).isEmpty();
  }
}
