package io.pilothouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;

/** What a healthy quick-start fleet shows, to people as tables and to scripts as JSON. */
record Views(Fleet fleet) {

  void haveTheContractsKeys() {
    JsonNode status = fleet.status();
    Keys.in(status, "health", "codes", "machines", "dm", "repairs", "rollouts", "incidents");
    Keys.in(status.path("machines"), "total", "healthy", "failure", "probation", "out_of_service");
    Keys.in(status.path("dm"), "replicas", "up", "leader", "quorum", "revision");
    Keys.in(status.path("repairs"), "waiting", "active");
    Keys.in(status.path("rollouts"), "active");
    Keys.in(status.path("incidents"), "open");

    JsonNode machines = fleet.pilot.json("machine", "list", "--type", "frontend", "--unit", "su-1");
    Keys.in(machines, "items", "revision");
    assertThat(machines.path("items")).as("frontends of su-1").hasSize(4);
    Keys.machine(machines.path("items").get(0));
    JsonNode machine = fleet.machine("web-03");
    Keys.machine(machine);
    assertThat(machine.path("active").path("web").asText()).isEqualTo("1.0.0");
    assertThat(machine.path("verdicts")).isNotEmpty();

    JsonNode why = fleet.pilot.json("explain", "machine", "web-03");
    Keys.in(why, "subject", "sentence", "evidence", "rule", "vetoes", "next");
    JsonNode budget = fleet.pilot.json("repair", "budget");
    Keys.in(budget.path("items").get(0), "domain", "limit", "taken", "lost", "waiting");
    JsonNode rollouts = fleet.pilot.json("rollout", "list");
    Keys.in(rollouts.path("items").get(0), "id", "type", "what", "state", "units", "reason");
    Events events = Events.of(fleet.pilot.json("events"));
    events.items().forEach(Keys::event);
    assertThat(events.items().stream().map(each -> each.path("revision").asLong()).toList())
        .as("one clock, ascending")
        .isNotEmpty()
        .isSorted();
  }

  void areReadable() {
    shows("web-03", "machine", "list", "-o", "name");
    shows("12 healthy", "status");
    shows("12 healthy", "top");
    shows("su-1", "machine", "list");
    shows("web@1.0.0", "machine", "list", "-o", "wide");
    String some = "name=web-[02-03],condition=HEALTHY,active=web@1.0.0";
    shows("web-02\nweb-03\n", "machine", "list", "--selector", some, "-o", "name");
    shows("name: web-03", "machine", "list", "-o", "yaml");
    shows("web@1.0.0", "machine", "show", "web-03");
    shows("HEALTHY", "explain", "machine", "web-03");
    shows("machine/web-03", "machine", "history", "web-03");
    shows("PROBATION → HEALTHY", "events");
    shows("fleet", "repair", "budget");
    shows("COMPLETED", "rollout", "list");
    assertThat(fleet.pilot.run("status", "--plugin").exits(0).out())
        .startsWith("HEALTH_OK - 12 of 12 machines healthy |");
  }

  void followWhatHappens() {
    try (PilotCli.Running follow = fleet.pilot.start("events", "--follow", "-o", "json")) {
      fleet.pilot.run("machine", "hold", "web-10", "--reason", "seen by a follower").exits(0);
      Await.until(
          "a follower sees the hold",
          Duration.ofSeconds(30),
          follow::out,
          each -> each.contains("seen by a follower"),
          fleet::diagnosis);
      fleet.pilot.run("machine", "unhold", "web-10").exits(0);
    }
  }

  private void shows(String text, String... command) {
    Ran ran = fleet.pilot.run(command).exits(0);
    assertThat(ran.out()).as("%s", ran).contains(text);
    assertThat(ran.err()).as("stderr of %s", ran).isEmpty();
  }
}
