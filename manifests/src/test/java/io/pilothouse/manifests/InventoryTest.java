package io.pilothouse.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.InventoryMachine;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InventoryTest {
  private static final String HEADER = "name,type,scale_unit,rack,mac,bmc\n";
  private final FleetFixture fleet;

  InventoryTest(@TempDir Path dir) {
    this.fleet = new FleetFixture(dir);
  }

  private FleetFixture machines(String lines) {
    return fleet.write("machines.csv", lines);
  }

  @Test
  void eachMistakeHasItsCell() {
    machines(
        HEADER
            + """
            web-01,frontnd,canary,r1,02:00:00:00:00:01,local:web-01
            Web-02,frontend,su-9,r1,02:00:00:00:00,local:web-02

            web-03,"frontend",su-1,"r,1",02:00:00:00:00:03
            web-01,frontend,su-1,r1,02:00:00:00:00:01,local:web-01
            # web-05,frontend,su-1,,,
            ,frontend,su-1,r1,,
            web-07,frontend,su-7,r1,02:00:00:00:00:0A,web-07
            """);

    fleet.rejectedWith(
        "machines.csv:2:8: type: there is no MachineType \"frontnd\" (did you mean \"frontend\"?)",
        "machines.csv:3:1: name: \"Web-02\" is not a name; names have 1 to 63 of a-z 0-9 . - and"
            + " begin with a-z or 0-9",
        "machines.csv:3:25: mac: \"02:00:00:00:00\" is not a MAC address; write for example"
            + " 02:00:00:00:00:01",
        "machines.csv:5:47: 5 columns where the header has 6",
        "machines.csv:6:1: name: \"web-01\" is there twice; the first one is in line 2",
        "machines.csv:6:25: mac: \"02:00:00:00:00:01\" is there twice; the first one is in line 2",
        "machines.csv:6:43: bmc: \"local:web-01\" is there twice; the first one is in line 2",
        "machines.csv:7:1: a CSV file has no comments; delete the line",
        "machines.csv:8:1: name: \"\" is empty; every machine has one",
        "machines.csv:9:43: bmc: \"web-07\" is not a power address; write for example"
            + " local:web-03");
  }

  @Test
  void theHeaderIsChecked() {
    machines("name,tpe,scale-unit,name\n");

    fleet.rejectedWith(
        "machines.csv:1:6: unknown column \"tpe\" (did you mean \"type\"?); columns are"
            + " name,type,scale_unit,rack,switch,feed,model,mac,bmc,address",
        "machines.csv:1:10: unknown column \"scale-unit\" (did you mean \"scale_unit\"?); columns"
            + " are name,type,scale_unit,rack,switch,feed,model,mac,bmc,address",
        "machines.csv:1:21: the column \"name\" is there twice");
    machines("name,rack\nweb-01,r1\n")
        .rejectedWith("machines.csv:1:1: the header line has no column \"type\"");
    assertThat(machines("").problems())
        .containsExactly(
            "machines.csv:1:1: there is no header line; write"
                + " name,type,scale_unit,rack,switch,feed,model,mac,bmc,address");
  }

  @Test
  void columnsMayHaveAnotherOrderAndDosLineEnds() {
    machines("\uFEFFtype,name,scale_unit,mac\r\nfrontend,web-01,su-1,02:00:00:00:00:0A\r\n");

    InventoryMachine machine = fleet.loaded().getMachines(0);
    assertThat(machine.getName()).isEqualTo("web-01");
    assertThat(machine.getMac()).isEqualTo("02:00:00:00:00:0a");
  }

  @Test
  void anOpenQuoteIsTold() {
    machines(HEADER + "\"web-01,frontend,su-1,r1,,\n");

    assertThat(fleet.problems())
        .anySatisfy(each -> assertThat(each).startsWith("machines.csv:").contains("not CSV"));
  }

  @Test
  void unitsSelectTheirMembers() {
    machines("name,type,rack\nweb-01,frontend,r1\nweb-02,frontend,r2\ndb-1,frontend,r3\n");
    fleet.write(
        "units.yaml",
        """
        kind: ScaleUnit
        name: canary
        order: 1
        machines: [web-01]
        ---
        kind: ScaleUnit
        name: su-1
        order: 2
        racks: [r3]
        machines:
          - web-[02-99]
        """);

    Fleet read = fleet.loaded();
    assertThat(read.getMachinesList())
        .extracting(each -> each.getName() + " " + each.getScaleUnit())
        .containsExactly("db-1 su-1", "web-01 canary", "web-02 su-1");
  }

  @Test
  void unitsThatDisagreeAreTold() {
    machines(
        """
        name,type,scale_unit,rack
        web-01,frontend,su-1,r1
        web-02,frontend,,r2
        web-03,frontend,,r9
        """);
    fleet.write(
        "units.yaml",
        """
        kind: ScaleUnit
        name: canary
        order: 1
        machines:
          - web-[01-02]
          - web-[9-11]
          - web-[09-3]
          - web-[009-003]
          - web 4
        ---
        kind: ScaleUnit
        name: su-1
        order: 2
        racks: [r2, rr9]
        """);

    fleet.rejectedWith(
        "machines.csv:2:17: scale_unit: machine web-01 is in su-1 here and in canary by"
            + " \"web-[01-02]\" at units.yaml:5:5; correct one of them",
        "machines.csv:4:17: machine web-03 is in no scale unit; fill the column scale_unit, or let"
            + " a ScaleUnit select its rack or name",
        "units.yaml:6:5: \"web-[9-11]\" selects no machine of machines.csv",
        "units.yaml:7:5: machines: \"web-[09-3]\" has bounds of 2 and 1 digits; give both as many"
            + " digits as the names have",
        "units.yaml:8:5: machines: \"web-[009-003]\" selects nothing: 009 is greater than 003; swap"
            + " them",
        "units.yaml:9:5: machines: \"web 4\" is not a machine's name or pattern; write for example"
            + " web-03 or web-[001-480]",
        "units.yaml:14:9: \"r2\" puts web-02 into su-1, but \"web-[01-02]\" at units.yaml:5:5 has"
            + " put it into canary; units do not overlap",
        "units.yaml:14:13: \"rr9\" selects no machine of machines.csv (did you mean \"r9\"?)");
  }

  @Test
  void aHundredThousandLinesLoad() {
    StringBuilder lines = new StringBuilder("name,type,rack,mac,bmc\n");
    int machines = 100_000;
    for (int i = 0; i < machines; i++) {
      lines.append(
          "m%06d,frontend,r%d,02:00:00:%02x:%02x:%02x,local:m%06d%n"
              .formatted(i, i / 40, i >> 16, i >> 8 & 0xff, i & 0xff, i));
    }
    machines(lines.toString());
    StringBuilder units = new StringBuilder();
    for (int unit = 0; unit < 200; unit++) {
      units.append(
          "---\nkind: ScaleUnit\nname: su-%d\norder: %d\nmachines:\n  - m[%06d-%06d]\n"
              .formatted(unit, unit + 1, unit * 500, unit * 500 + 499));
    }
    fleet.write("units.yaml", units.toString());

    Fleet read = fleet.loaded();
    assertThat(read.getMachinesCount()).isEqualTo(machines);
    assertThat(read.getMachines(99_999).getScaleUnit()).isEqualTo("su-199");
  }
}
