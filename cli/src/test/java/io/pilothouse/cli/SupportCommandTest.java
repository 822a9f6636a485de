package io.pilothouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.GetFleetReply;
import io.pilothouse.api.v1.GetMembersReply;
import io.pilothouse.api.v1.HealthCode;
import io.pilothouse.api.v1.ListEventsReply;
import io.pilothouse.api.v1.ListIncidentsReply;
import io.pilothouse.api.v1.ListMachinesReply;
import io.pilothouse.api.v1.ListManifestsReply;
import io.pilothouse.api.v1.ListOrdersReply;
import io.pilothouse.api.v1.ListRepairsReply;
import io.pilothouse.api.v1.ListRolloutsReply;
import io.pilothouse.api.v1.ListWatchdogsReply;
import io.pilothouse.api.v1.ReplicaMember;
import io.pilothouse.api.v1.ReplicaStatus;
import io.pilothouse.api.v1.StatusReply;
import io.pilothouse.api.v1.WatchdogSpec;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a bug report needs: all of it, whoever is silent, and no secret. */
@Timeout(60)
class SupportCommandTest {
  private static final String SECRET = "hunter2recognisable";
  private static final long TOKEN = 987_654_321_987L;

  private final FakeDm dm = new FakeDm();
  @TempDir private Path dir;
  private Path home;

  SupportCommandTest() throws IOException {}

  @BeforeEach
  void everybodyAnswers() throws IOException {
    home = dir.resolve("home");
    write("home/log/dm-1.log", "started\n");
    write("home/machines/web-01/console.log", "agent is up\n");
    dm.answers(
        "GetStatus",
        StatusReply.newBuilder()
            .setHealth("HEALTH_WARN")
            .addCodes(HealthCode.newBuilder().setCode("MACHINE_FAILURE"))
            .addReplicas(ReplicaStatus.newBuilder().setId("dm-1").setHttpAddress(dm.address()))
            .build());
    dm.answers(
        "GetMembers",
        GetMembersReply.newBuilder()
            .addMembers(ReplicaMember.newBuilder().setId("dm-1").setVersion("0.1.0"))
            .build());
    dm.answers("GetFleet", GetFleetReply.newBuilder().setFleet(fleet()).build());
    dm.answers("ListEvents", ListEventsReply.getDefaultInstance());
    dm.answers("ListRepairs", ListRepairsReply.getDefaultInstance());
    dm.answers("ListRollouts", ListRolloutsReply.getDefaultInstance());
    dm.answers("ListIncidents", ListIncidentsReply.getDefaultInstance());
    dm.answers("ListOrders", ListOrdersReply.getDefaultInstance());
    dm.answers("ListWatchdogs", ListWatchdogsReply.getDefaultInstance());
    dm.answers("ListManifests", ListManifestsReply.getDefaultInstance());
    dm.answers("ListMachines", ListMachinesReply.getDefaultInstance());
    dm.page("/metrics", "pilot_health_level 1\n");
    dm.page("/status", "{\"leads\":true}");
  }

  @AfterEach
  void stop() {
    dm.close();
  }

  private static Fleet.Builder fleet() {
    Fleet.Builder fleet = Fleet.newBuilder().setName("test");
    fleet
        .addWatchdogsBuilder()
        .setName("disk")
        .setRunner(WatchdogSpec.Runner.SCRIPT)
        .setScript(ByteString.copyFromUtf8("#!/bin/sh\nlogin root " + SECRET + "\n"))
        .addArgs("-p")
        .addArgs(SECRET);
    fleet
        .addMachinesBuilder()
        .setName("web-01")
        .setType("frontend")
        .setBmc("redfish+https://root:" + SECRET + "@bmc-01/?key=" + SECRET);
    return fleet;
  }

  private Typed support(Path to, String... more) {
    return support(dm.address(), to, more);
  }

  private Typed support(String servers, Path to, String... more) {
    return Typed.run(
        Stream.concat(
                Stream.of(
                    "support",
                    to.toString(),
                    "--home",
                    home.toString(),
                    "--servers",
                    servers,
                    "--timeout",
                    "2s"),
                Stream.of(more))
            .toArray(String[]::new));
  }

  private void write(String file, String text) throws IOException {
    Path path = dir.resolve(file);
    Files.createDirectories(path.resolveSibling("."));
    Files.writeString(path, text);
  }

  @Test
  void allThatAnswersIsInTheBundle() throws IOException {
    Path to = dir.resolve("bundle");
    write("home/log/repair.log", "x".repeat(300) + "\n" + "line\n".repeat(100_000) + "last\n");

    Typed typed = support(to);

    assertThat(typed.code()).as(typed.out() + typed.err()).isZero();
    assertThat(typed.out()).contains("every source answered");
    assertThat(to.resolve("status.txt")).content().contains("health: \"HEALTH_WARN\"");
    assertThat(to.resolve("members.txt")).content().contains("version: \"0.1.0\"");
    assertThat(to.resolve("fleet/machines.csv")).content().contains("web-01,frontend");
    assertThat(to.resolve("machine.txt")).content().contains("java.version", "processors");
    assertThat(to.resolve("pages/dm-1/metrics.txt")).hasContent("pilot_health_level 1\n");
    assertThat(to.resolve("pages/dm-1/status.txt")).content().contains("leads");
    assertThat(to.resolve("logs/dm-1.log")).hasContent("started\n");
    assertThat(to.resolve("logs/machines/web-01")).hasContent("agent is up\n");
    assertThat(to.resolve("logs/repair.log")).content().startsWith("line\n").endsWith("last\n");
    assertThat(Files.size(to.resolve("logs/repair.log"))).isLessThan(300 << 10);
    assertThat(to.resolve("report.txt")).content().contains("OK").doesNotContain("FAILED");
    assertThat(to.resolve("README.md")).content().contains("look through the files");
  }

  @Test
  void anArchiveIsReadByTarAndByItsOwnerOnly() throws Exception {
    Path to = dir.resolve("case-7.tar.gz");

    assertThat(support(to).code()).isZero();

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(to)))
        .isEqualTo("rw-------");
    Process tar =
        new ProcessBuilder("tar", "-xzf", to.toString(), "-C", dir.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(tar.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(tar.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(tar.exitValue()).as(said).isZero();
    assertThat(dir.resolve("case-7/pages/dm-1/metrics.txt")).hasContent("pilot_health_level 1\n");
    assertThat(dir.resolve("case-7/fleet/watchdogs/disk.yaml")).isNotEmptyFile();
    assertThat(dir.resolve("case-7.tar.gz.unfinished")).doesNotExist();
  }

  @Test
  void noSecretIsInIt() throws IOException {
    secretsEverywhere();
    Path to = dir.resolve("bundle");

    Typed typed = support(to);

    List<String> all = new ArrayList<>(List.of(typed.out(), typed.err()));
    try (Stream<Path> files = Files.walk(to)) {
      for (Path each : files.filter(Files::isRegularFile).toList()) {
        all.add(each + "\n" + Files.readString(each));
      }
    }
    assertThat(all)
        .hasSizeGreaterThan(20)
        .noneMatch(each -> each.contains(SECRET))
        .noneMatch(each -> each.contains(Long.toString(TOKEN)))
        .noneMatch(each -> each.contains(System.getenv("PATH")));
    assertThat(to.resolve("logs/dm-1.log")).content().contains("before", "***", "after");
    assertThat(to.resolve("fleet/machines.csv")).content().contains("redfish+https:***");
    assertThat(to.resolve("fleet/watchdogs/disk.sh")).content().contains("left out");
    assertThat(to.resolve("events.txt")).content().contains("Alice", "***");
  }

  private void secretsEverywhere() throws IOException {
    StatusReply.Builder status = StatusReply.newBuilder().setHealth("HEALTH_OK");
    status.addCodesBuilder().setText("cannot log in: password=" + SECRET);
    status.addLeasesBuilder().setRole("repair").setToken(TOKEN);
    status.addReplicasBuilder().setId("dm-1").setHttpAddress(dm.address());
    dm.answers("GetStatus", status.build());
    ListEventsReply.Builder events = ListEventsReply.newBuilder();
    events
        .addItemsBuilder()
        .setPrincipal("operator/Alice")
        .setReason("the API-Key: " + SECRET)
        .addEvidence("POST https://hook:" + SECRET + "@example.org/x answered 500")
        .setText("curl --token " + SECRET);
    dm.answers("ListEvents", events.build());
    ListRepairsReply.Builder repairs = ListRepairsReply.newBuilder();
    repairs.addItemsBuilder().setId("R-1").setToken(TOKEN).addEvidence("secret = '" + SECRET + "'");
    dm.answers("ListRepairs", repairs.build());
    ListOrdersReply.Builder orders = ListOrdersReply.newBuilder();
    orders.addItemsBuilder().setId("A-1").setCommand(ByteString.copyFromUtf8(SECRET));
    dm.answers("ListOrders", orders.build());
    ListWatchdogsReply.Builder watchdogs = ListWatchdogsReply.newBuilder();
    watchdogs.addItemsBuilder().setSpec(fleet().getWatchdogs(0));
    dm.answers("ListWatchdogs", watchdogs.build());
    ListMachinesReply.Builder machines = ListMachinesReply.newBuilder();
    machines
        .addItemsBuilder()
        .setName("web-01")
        .setBmc("ipmi:admin/" + SECRET)
        .setKeySha256(SECRET)
        .getProvisioningBuilder()
        .setToken(TOKEN);
    dm.answers("ListMachines", machines.build());
    dm.page("/metrics", "calls{api_key=\"" + SECRET + "\"} 1\n");
    dm.page("/status", "{\"password\": \"" + SECRET + "\", \"leads\": true}");
    write(
        "home/log/dm-1.log",
        """
        before
        Authorization: Bearer %1$s
        DB_PASSWORD=%1$s
        -----BEGIN PRIVATE KEY-----
        %1$s
        -----END PRIVATE KEY-----
        pilot-key: %1$s
        after
        """
            .formatted(SECRET));
    write("home/machines/web-01/console.log", "export SESSION_TOKEN=" + SECRET + "\n");
    for (String file :
        List.of(
            "pki/ca-key.pem",
            "pki/operator/Alice/key.pem",
            "machines/web-01/chassis/key",
            "machines/web-01/disk/env",
            "machines/web-01/disk/logs/web.log",
            "tickets/secret",
            "run/dm-1",
            "data/dm-1/db/000001.sst",
            "fleet/watchdogs/disk.sh",
            "log/notes.txt")) {
      write("home/" + file, SECRET);
    }
  }

  @Test
  void aSourceThatRefusesIsALineAndTheRestIsThere() throws IOException {
    dm.refuses("ListOrders", 403, "PERMISSION_DENIED", "needs the role viewer");
    Path to = dir.resolve("bundle");

    Typed typed = support(to);

    assertThat(typed.code()).isEqualTo(ExitCode.FAILED.code());
    assertThat(to.resolve("report.txt"))
        .content()
        .containsPattern("FAILED +orders.txt +needs the role viewer");
    assertThat(to.resolve("orders.txt")).doesNotExist();
    assertThat(to.resolve("watchdogs.txt")).exists();
    assertThat(typed.out()).contains("1 of ");
  }

  @Test
  void withoutADeviceManagerWhatIsHereIsGathered() throws IOException {
    int free;
    try (ServerSocket socket = new ServerSocket(0)) {
      free = socket.getLocalPort();
    }
    Path to = dir.resolve("bundle");

    Typed typed = support("127.0.0.1:" + free, to, "-o", "json");

    assertThat(typed.code()).isEqualTo(ExitCode.FAILED.code());
    assertThat(to.resolve("report.txt"))
        .content()
        .containsPattern("FAILED +status.txt .*Connection refused")
        .containsPattern("FAILED +members.txt +not asked: no Device Manager answered")
        .containsPattern("FAILED +pages/dm-127.0.0.1_" + free + "/metrics.txt .*refused")
        .containsPattern("OK +machine.txt")
        .containsPattern("OK +logs/dm-1.log");
    assertThat(typed.out()).contains("\"state\" : \"FAILED\"");
  }

  @Test
  void theSatellitesOfAFleetHereAreAsked() throws IOException {
    write("home/context.properties", "base-port=1024\nreplicas=1\n");
    Path to = dir.resolve("bundle");

    support(to, "--pages", dm.address());

    assertThat(to.resolve("report.txt"))
        .content()
        .containsPattern("pages/(watchdog|repair|provisioning)/metrics.txt")
        .containsPattern("OK +pages/127.0.0.1_[0-9]+/metrics.txt");
  }

  @Test
  void whatIsTooLongIsCutAndSaidSo() throws IOException {
    dm.page("/metrics", "pilot_x{of=\"ü\"} 1\n".repeat(200_000));
    dm.answers(
        "GetStatus",
        StatusReply.newBuilder()
            .addReplicas(ReplicaStatus.newBuilder().setId("../dm").setHttpAddress(dm.address()))
            .build());
    Path to = dir.resolve("bundle");

    assertThat(support(to).code()).isZero();

    Path metrics = to.resolve("pages/__dm/metrics.txt");
    assertThat(Files.size(metrics)).isBetween(2_000_000L, 2L << 20);
    assertThat(metrics).content().endsWith("} 1\n");
    assertThat(to.resolve("report.txt"))
        .content()
        .containsPattern("CUT +pages/__dm/metrics.txt +the first [0-9]+ of [0-9]+ characters");
  }

  @Test
  void whatIsThereIsNotReplaced() throws IOException {
    write("bundle/mine", "mine");
    write("bundle.tar.gz", "mine");

    for (String to : List.of("bundle", "bundle.tar.gz")) {
      Typed typed = support(dir.resolve(to));
      assertThat(typed.code()).isEqualTo(ExitCode.REFUSED.code());
      assertThat(typed.err()).contains(dir.resolve(to) + " exists already");
    }
    assertThat(dm.methods()).isEmpty();
    assertThat(dir.resolve("bundle.tar.gz")).hasContent("mine");
  }
}
