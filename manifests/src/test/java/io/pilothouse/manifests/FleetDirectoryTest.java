package io.pilothouse.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.DeviceKind;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.ScaleUnit;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.TransferLimits;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.api.v1.WatchdogState;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FleetDirectoryTest {
  private final Path dir;
  private final FleetFixture fleet;

  FleetDirectoryTest(@TempDir Path dir) {
    this.dir = dir;
    this.fleet = new FleetFixture(dir);
  }

  @Test
  void everyObjectIsReadWithItsDefaults() {
    Fleet read = fleet.loaded();

    assertThat(read.getName()).isEqualTo("test");
    assertThat(read.getReportEveryMs()).isEqualTo(1000);
    assertThat(read.getTypes(0).getWatchdogsList()).containsExactly("heartbeat", "disk");
    assertThat(read.getUnitsList())
        .extracting(ScaleUnit::getName)
        .containsExactly("canary", "su-1");
    WatchdogSpec disk = read.getWatchdogs(0);
    assertThat(disk.getName()).isEqualTo("disk");
    assertThat(disk.getRunner()).isEqualTo(WatchdogSpec.Runner.SCRIPT);
    assertThat(disk.getScript().toStringUtf8()).startsWith("#!/bin/sh");
    assertThat(disk.getEveryMs()).isEqualTo(2000);
    assertThat(disk.getTimeoutMs()).isEqualTo(1000);
    assertThat(disk.getSeverity()).isEqualTo(Severity.NORMAL);
    assertThat(disk.getInitialMode()).isEqualTo(WatchdogState.Mode.MODE_UNSPECIFIED);
    WatchdogSpec heartbeat = read.getWatchdogs(1);
    assertThat(heartbeat.getRunner()).isEqualTo(WatchdogSpec.Runner.BUILTIN);
    assertThat(heartbeat.getInitialMode()).isEqualTo(WatchdogState.Mode.LIVE);
    assertThat(read.getMachines(0).getMac()).isEqualTo("02:00:00:00:00:01");
  }

  @Test
  void switchNeedsNeitherImageNorScaleUnit() {
    fleet
        .write("switches.yaml", "kind: MachineType\nname: tor\ndevice: switch\n")
        .write(
            "machines.csv",
            """
            name,type,scale_unit,rack,bmc,address
            sw1,tor,,r1,local:sw1,sw1.example:22
            web-01,frontend,canary,r1,local:web-01,
            web-02,frontend,su-1,r1,local:web-02,
            """);
    Fleet read = fleet.loaded();
    assertThat(read.getTypes(1).getDevice()).isEqualTo(DeviceKind.DEVICE_SWITCH);
    assertThat(read.getMachines(0).getName()).isEqualTo("sw1");
    assertThat(read.getMachines(0).getScaleUnit()).isEmpty();
    assertThat(read.getMachines(0).getAddress()).isEqualTo("sw1.example:22");
  }

  @Test
  void whatCannotLookAtASwitchIsRefused() {
    fleet
        .write(
            "switches.yaml",
            "kind: MachineType\nname: tor\ndevice: switch\nwatchdogs: [reachable, slow]\n")
        .write(
            "watchdogs/remote.yaml",
            """
            kind: Watchdog
            name: reachable
            run: remote
            every: 5s
            ---
            kind: Watchdog
            name: slow
            run: remote
            every: 1m
            """)
        .write(
            "machines.csv",
            """
            name,type,scale_unit,rack,bmc,address
            sw1,tor,,r1,local:sw1,sw1.example:22
            sw2,tor,,r1,local:sw2,
            web-01,frontend,canary,r1,local:web-01,
            web-02,frontend,su-1,r1,local:web-02,
            """);
    assertThat(fleet.problems())
        .hasSize(2)
        .contains(
            "machines.csv:3:23: address: watchdog reachable looks at the switch sw2 there; write"
                + " host:port, for example sw3.example:22")
        .anyMatch(
            each ->
                each.endsWith(
                    "type tor: watchdog slow compares counters of agents, and a switch has none;"
                        + " leave it out"));
  }

  @Test
  void anAddressHasAPortThatThereIs() {
    fleet
        .write("switches.yaml", "kind: MachineType\nname: tor\ndevice: switch\n")
        .write(
            "machines.csv",
            """
            name,type,scale_unit,address
            sw1,tor,,sw1.example:65535
            sw2,tor,,sw2.example:65536
            sw3,tor,,sw3.example:0
            sw4,tor,,sw4.example
            web-01,frontend,canary,
            web-02,frontend,su-1,
            """);
    assertThat(fleet.problems())
        .containsExactly(
            "machines.csv:3:10: address: \"sw2.example:65536\" is not an address; write host:port,"
                + " for example sw3.example:22",
            "machines.csv:4:10: address: \"sw3.example:0\" is not an address; write host:port, for"
                + " example sw3.example:22",
            "machines.csv:5:10: address: \"sw4.example\" is not an address; write host:port, for"
                + " example sw3.example:22");
  }

  @Test
  void approvalsAreOfTheCluster() {
    fleet.write(
        "cluster.yaml",
        """
        kind: Cluster
        name: test
        report-every: 1s
        approvals: {destructive: 5, window: 2h, blast-radius: 10%}
        """);
    assertThat(fleet.loaded().getApprovals().getDestructive().getAbsolute()).isEqualTo(5);
    assertThat(fleet.loaded().getApprovals().getWindowMs()).isEqualTo(7_200_000);
    assertThat(fleet.loaded().getApprovals().getBlastRadius().getPercent()).isEqualTo(10);
  }

  @Test
  void limitsOfTransfersAreOfTheCluster() {
    fleet.write(
        "cluster.yaml",
        """
        kind: Cluster
        name: test
        report-every: 1s
        transfers: {machine: 100MiB, machine-serves: 50MiB, rack-uplink: 1GiB}
        """);
    assertThat(fleet.loaded().getTransfers())
        .isEqualTo(
            TransferLimits.newBuilder()
                .setMachine(100L << 20)
                .setMachineServes(50L << 20)
                .setRackUplink(1L << 30)
                .build());
  }

  @Test
  void aLimitWithoutItsUnitIsRefusedWithWhatWasMeant() {
    fleet.write(
        "cluster.yaml",
        """
        kind: Cluster
        name: test
        report-every: 1s
        transfers:
          rack-uplink: 100M
        """);
    assertThat(fleet.problems())
        .containsExactly(
            "cluster.yaml:5:16: transfers.rack-uplink: \"100M\" is not a size; write for example"
                + " 64KiB, 512MiB or 2GiB (did you mean \"100MiB\"?)");
  }

  @Test
  void whereAnObjectStandsDoesNotCount() {
    Fleet before = fleet.loaded();
    fleet
        .delete("cluster.yaml")
        .delete("images.yaml")
        .write(
            "some/where/all.yml",
            """
            # a comment, then an empty document
            ---
            ---
            kind: Image
            name: base
            version: "1.0"
            ---
            kind: Cluster
            name: test
            report-every: 1s
            """);

    assertThat(fleet.loaded()).isEqualTo(before);
  }

  @Test
  void everyMistakeIsToldAtOnceAndSorted() {
    fleet
        .write(
            "cluster.yaml",
            "kind: Cluster\nname: test\nbudgets: {fleet: 50, unti: 10%}\nreport-every: 1s\n")
        .write(
            "types.yaml",
            """
            kind: MachineType
            name: Frontend
            image: bsae
            imag: x
            watchdogs: [heartbeet]
            repair-policy: default
            """)
        .write("policies/p.yaml", "kind: RepairPolicy\nname: quick\nquiet: 5\nreboots: many\n");

    fleet.rejectedWith(
        "cluster.yaml:3:22: budgets: unknown key \"unti\" (did you mean \"unit\"?)",
        "machines.csv:2:8: type: there is no MachineType \"frontend\"",
        "machines.csv:3:8: type: there is no MachineType \"frontend\"",
        "policies/p.yaml:3:8: quiet: \"5\" is not a duration; write a number and a unit, such as"
            + " 500ms, 90s, 5m, 1h or 2d (did you mean \"5s\"?)",
        "policies/p.yaml:4:10: reboots: \"many\" is not a whole number from 1 to 100",
        "types.yaml:2:7: name: \"Frontend\" is not a name; names have 1 to 63 of a-z 0-9 . - and"
            + " begin with a-z or 0-9",
        "types.yaml:3:8: image: there is no Image \"bsae\" (did you mean \"base\"?)",
        "types.yaml:4:1: unknown key \"imag\" (did you mean \"image\"?)",
        "types.yaml:5:13: watchdogs: there is no Watchdog \"heartbeet\" (did you mean"
            + " \"heartbeat\"?)");
  }

  @Test
  void theSameTwiceIsAMistake() {
    fleet
        .write("images.yaml", "kind: Image\nname: base\nversion: \"1.0\"\nname: other\n")
        .write(
            "more.yaml", "kind: Cluster\nname: test\n---\nkind: Image\nname: base\nversion: a\n");

    fleet.rejectedWith(
        "images.yaml:4:1: the key \"name\" is there twice; the first one is in line 2",
        "more.yaml:1:1: a fleet has one Cluster; the other is at cluster.yaml:1:1",
        "more.yaml:2:7: Cluster \"test\" is there already, at cluster.yaml:2:7",
        "more.yaml:5:7: Image \"base\" is there already, at images.yaml:2:7");
  }

  @Test
  void kindsAreKnownOrNot() {
    fleet
        .write("b.yaml", "kind: MachineTyp\nname: a\n")
        .write("c.yaml", "name: a\n")
        .write("d.yaml", "- a\n")
        .write("e.yaml", "kind: Manifest\nname: web\n")
        .write("f.yaml", "kind: [Image]\n");

    fleet.rejectedWith(
        "b.yaml:1:7: kind: \"MachineTyp\" is not one of Cluster, MachineType, ScaleUnit,"
            + " RepairPolicy, RolloutPolicy, Watchdog, Image, Access, Role (did you mean \"MachineType\"?)",
        "c.yaml:1:1: \"kind\" is missing; write one of Cluster, MachineType, ScaleUnit,"
            + " RepairPolicy, RolloutPolicy, Watchdog, Image, Access, Role",
        "d.yaml:1:1: a list is not a document; begin with kind: and name:",
        "e.yaml:1:7: kind Manifest does not belong into the fleet directory; run: pilot manifest"
            + " add DIR",
        "f.yaml:1:7: kind: a list is not one of Cluster, MachineType, ScaleUnit, RepairPolicy,"
            + " RolloutPolicy, Watchdog, Image, Access, Role");
  }

  @Test
  void whatIsNotPlainYamlIsRefused() {
    fleet
        .write("a.yaml", "kind: Image\nname: [a\nversion: b\n")
        .write("b.yaml", "kind: &k Image\nname: x\nversion: *k\n")
        .write("c.yaml", "kind: Image\nname: !!binary aGk=\nversion: v\n")
        .write("d.yaml", "kind: Image\nname: a\u0001b\n")
        .write("e.yaml", "[".repeat(200_000));

    assertThat(fleet.problems())
        .anySatisfy(each -> assertThat(each).startsWith("a.yaml:3:8: not YAML: expected"))
        .contains(
            "b.yaml:1:7: the anchor &k: anchors and aliases are not supported; write the value"
                + " out",
            "c.yaml:2:7: the tag tag:yaml.org,2002:binary is not supported; write a plain value")
        .anySatisfy(each -> assertThat(each).startsWith("d.yaml:2:8: not YAML: the character"))
        .anySatisfy(each -> assertThat(each).startsWith("e.yaml:"));
  }

  @Test
  void yamlOneTwoIsRead() {
    fleet.write("images.yaml", "kind: Image\nname: no\nversion: v0755\n").write("types.yaml", "");

    assertThat(fleet.problems()).noneMatch(each -> each.startsWith("images.yaml"));
  }

  @Test
  void versionsAreTexts() {
    fleet.write("images.yaml", "kind: Image\nname: base\nversion: 1.10\n");

    fleet.rejectedWith(
        "images.yaml:3:10: version: 1.10 without quotes is a number in YAML; write \"1.10\"");
  }

  @Test
  void anEmptySelectionIsNotAll() {
    fleet.write("types.yaml", "kind: MachineType\nname: frontend\nimage: base\nwatchdogs: []\n");

    fleet.rejectedWith(
        "types.yaml:4:12: watchdogs: the list is empty, which selects nothing; leave the key out");
  }

  @Test
  void timesThatCannotWorkAreRefused() {
    fleet
        .write("p.yaml", "kind: RepairPolicy\nname: p\nquiet: 30m\nconfirm-after: 0s\n")
        .write(
            "watchdogs/heartbeat.yaml",
            "kind: Watchdog\nname: heartbeat\nrun: builtin\nevery: 5s\nvalid-for: 2s\n")
        .write("watchdogs/disk.sh", "#!/bin/sh\n# pilot: every=200ms\n");

    fleet.rejectedWith(
        "p.yaml:1:1: quiet (30m) must be shorter than probation-max (30m), or no machine gets"
            + " HEALTHY again",
        "p.yaml:4:16: confirm-after: \"0s\" is too short: it must be above zero",
        "watchdogs/disk.sh:2:1: valid-for: 0.6s is shorter than the cluster's report-every (1s),"
            + " so it would be silent all the time",
        "watchdogs/heartbeat.yaml:5:12: valid-for: 2s is shorter than every (5s), so it would be"
            + " silent all the time");
  }

  @Test
  void anEmptyOrMissingDirectoryIsNoFleet() {
    assertThat(FleetDirectory.load(dir.resolve("nowhere")))
        .isInstanceOfSatisfying(
            LoadResult.Rejected.class,
            rejected ->
                assertThat(rejected.problems().get(0).toString())
                    .endsWith("nowhere is not a directory; name the fleet directory"));

    fleet.delete("machines.csv").delete("cluster.yaml");

    assertThat(fleet.problems())
        .anySatisfy(each -> assertThat(each).startsWith("cluster.yaml:1:1: there is no document"))
        .anySatisfy(each -> assertThat(each).startsWith("machines.csv:1:1: there is no such file"));
  }
}
