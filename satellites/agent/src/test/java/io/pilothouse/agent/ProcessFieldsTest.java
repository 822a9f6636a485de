package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.processes.ProcFs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a manifest says of a process is so. */
@Timeout(60)
class ProcessFieldsTest extends ProcessCase {

  @Test
  void oneWaitsForThoseItComesAfterAndIsStoppedBeforeThem() throws Exception {
    VersionRef both =
        rig.manifest(
            "1.0.0",
            """
            processes:
              - name: web
                run: |
                  trap 'echo web >> "$OUT/stopped"; exit 0' TERM
                  echo web >> "$OUT/started"
                  while :; do sleep 0.05; done
                after: [db]
              - name: db
                run: |
                  trap 'echo db >> "$OUT/stopped"; exit 0' TERM
                  echo db >> "$OUT/started"
                  while :; do sleep 0.05; done
                ready: {command: 'test -e "$OUT/up"', interval: 50ms}
            """);
    stage(both);
    rig.until(applications, () -> text().contains("web: waits for db"));
    rig.until(applications, () -> rig.said("started").equals("db"));
    Files.writeString(rig.out("up"), "");
    rig.settle(applications);
    Rig.await(() -> rig.said("started").equals("db\nweb"));
    stopAll(both);
    assertThat(rig.said("stopped")).isEqualTo("web\ndb");
  }

  @Test
  void everyProcessIsToldAllPorts() throws Exception {
    VersionRef one =
        rig.manifest(
            "1.0.0",
            """
            processes:
              - name: web
                run: echo "$PORT $PORT_ADMIN $PORT_BACK_END" > "$OUT/said"; exec sleep 60
                ports: {admin: 1}
              - name: side
                run: exec sleep 60
                ports: {back-end: 2}
            """);
    run(one);
    awaitSaid("said");
    assertThat(rig.said("said")).isEqualTo("1234 1235 1236");
  }

  @Test
  void beforeAStopItIsDrainedAndTheCommandStopsIt() throws Exception {
    VersionRef one =
        rig.web(
            "1.0.0",
            PID
                + "trap 'echo term >> \"$OUT/order\"' TERM\n"
                + "while [ ! -e \"$OUT/stop\" ]; do sleep 0.02; done\necho end >> \"$OUT/order\"",
            "before-stop: {run: 'echo drain >> \"$OUT/order\"', wait: 200ms}\n"
                + "stop-command: 'echo command >> \"$OUT/order\"; touch \"$OUT/stop\"'");
    run(one);
    awaitSaid("pid");
    long start = System.nanoTime();
    stopAll(one);
    assertThat(System.nanoTime() - start).isGreaterThan(200_000_000L);
    assertThat(rig.said("order")).isEqualTo("drain\ncommand\nend");
    assertThat(runs("pid")).isFalse();
  }

  @Test
  void aStopCommandSignalsTheProcessItself() throws Exception {
    VersionRef one =
        rig.web(
            "1.0.0",
            "trap 'echo term >> \"$OUT/order\"' TERM\n"
                + "trap 'echo drained >> \"$OUT/order\"; exit' USR1\n"
                + PID
                + "while :; do sleep 0.02; done",
            "stop-command: kill -s USR1 \"$PILOT_PID\"");
    run(one);
    awaitSaid("pid");
    stopAll(one);
    assertThat(rig.said("order")).isEqualTo("drained");
    assertThat(runs("pid")).isFalse();
  }

  @Test
  void aStopCommandThatFailsIsFollowedByTerm() throws Exception {
    VersionRef one =
        rig.web(
            "1.0.0",
            PID + "trap 'echo term > \"$OUT/order\"; exit' TERM\n" + "while :; do sleep 0.02; done",
            "stop-command: exit 1");
    run(one);
    awaitSaid("pid");
    stopAll(one);
    assertThat(rig.said("order")).isEqualTo("term");
  }

  @Test
  void secretsAreForTheProcessAloneAndNowhereElse() throws Exception {
    VersionRef one =
        rig.web(
            "1.0.0",
            "echo \"$TOKEN $(cat \"$PILOT_SECRETS/tls.key\")\" > \"$OUT/said\"\nexec sleep 60",
            "secrets: [{name: TOKEN, from: token, as: env}, {name: tls.key}]");
    stage(one);
    rig.until(applications, () -> text().contains("waits for the secret \"token\""));
    assertThat(text()).contains("put it into " + rig.disk.secrets().resolve("token"));
    Files.createDirectories(rig.disk.secrets());
    secret("token", "hunter2\n", "rw-r--r--");
    secret("tls.key", "KEY-9", "rw-------");
    rig.until(applications, () -> text().contains("chmod 600"));
    secret("token", "hunter2\n", "rw-------");
    rig.settle(applications);
    awaitSaid("said");
    assertThat(rig.said("said")).isEqualTo("hunter2 KEY-9");
    Path given = rig.disk.run().resolve("secrets/server");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(given)))
        .isEqualTo("rwx------");
    assertThat(
            PosixFilePermissions.toString(Files.getPosixFilePermissions(given.resolve("tls.key"))))
        .isEqualTo("r--------");
    assertThat(applications.describe().toString()).doesNotContain("hunter2", "KEY-9");
    assertThat(Files.readString(RunFile.of(rig.disk, "server"))).doesNotContain("hunter2");
    for (long pid : ProcFs.pids(each -> true)) {
      Path line = Path.of("/proc", Long.toString(pid), "cmdline");
      if (Files.isReadable(line)) {
        assertThat(commandLine(line)).doesNotContain("hunter2", "KEY-9");
      }
    }
    stopAll(one);
    assertThat(given).doesNotExist();
  }

  private static String commandLine(Path file) {
    try {
      return Files.readString(file);
    } catch (java.io.IOException e) {
      return ""; // it has ended
    }
  }

  private void secret(String name, String text, String modes) throws Exception {
    Path file = Files.writeString(rig.disk.secrets().resolve(name), text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(modes));
  }

  @Test
  void theHookAfterASwitchRunsOnceWhenAllServe() throws Exception {
    VersionRef one =
        rig.manifest(
            "1.0.0",
            """
            after-switch: {run: 'echo ran >> "$OUT/hook"'}
            processes:
              - name: web
                run: exec sleep 60
                ready: {command: 'test -e "$OUT/up"', interval: 50ms}
            """);
    stage(one);
    rig.until(applications, () -> text().contains("the ready command exited"));
    assertThat(rig.out("hook")).doesNotExist();
    Files.writeString(rig.out("up"), "");
    rig.settle(applications);
    assertThat(rig.said("hook")).isEqualTo("ran");
    Wanted wanted = rig.wantedAfterRestart();
    ApplicationManager second = rig.applications(wanted, rig.stagedAfterRestart(wanted));
    second.round();
    assertThat(second.problem()).isEmpty();
    assertThat(rig.said("hook")).isEqualTo("ran");
  }

  @Test
  void theHookRunsAgainAfterASwitchAwayAndBack() throws Exception {
    String hook = "after-switch: {run: 'echo ran >> \"$OUT/hook\"'}\n";
    VersionRef hooked =
        rig.manifest("1.0.0", hook + "processes: [{name: a, run: exec sleep 60}]\n");
    VersionRef other = rig.manifest("2.0.0", "processes: [{name: b, run: exec sleep 61}]\n");
    stage(hooked);
    rig.settle(applications);
    Rig.await(() -> rig.said("hook").equals("ran"));
    stage(other);
    rig.settle(applications);
    stage(hooked);
    rig.settle(applications);
    Rig.await(() -> rig.said("hook").equals("ran\nran"));
  }

  @Test
  void aHookThatFailsOrHangsIsAProblem() throws Exception {
    String text =
        "after-switch: {run: '%s', timeout: 300ms}\nprocesses: [{name: a, run: sleep 60}]\n";
    stage(rig.manifest("1.0.0", text.formatted("echo no; exit 3")));
    rig.until(applications, () -> fault().equals("process.after-switch"));
    assertThat(text()).isEqualTo("after-switch exited with 3; its output is in logs/hooks.log");
    Path log = rig.disk.logs().resolve("hooks.log");
    Rig.await(() -> Files.exists(log) && Files.readString(log).equals("no\n"));
    stage(rig.manifest("1.1.0", text.formatted("sleep 60")));
    rig.until(applications, () -> text().contains("did not end within 300 ms and was killed"));
  }

  private VersionRef configured(String version, String config, String reload) throws Exception {
    return rig.manifest(
        version,
        """
        config: ["conf/**"]
        processes:
          - name: web
            run: |
              trap 'cat "$PILOT_ACTIVE/conf/mode" > "$OUT/mode"' HUP
              trap 'cat "$PILOT_ACTIVE/conf/mode" > "$OUT/mode"' USR1
              sleep 1000 &  # before it says that it is there: dash drops a signal that comes while it starts a command
              echo $$ >> "$OUT/web"
              while :; do wait $!; done
            reload: {%s}
          - name: plain
            run: echo "$$ $(cat conf/mode)" >> "$OUT/plain"; exec sleep 60
        """
            .formatted(reload),
        Map.of("conf/mode", config, "bin/tool", "same"));
  }

  @Test
  void whenOnlyConfigurationDiffersAProcessReadsItAndRunsOn() throws Exception {
    for (String way : List.of("signal: HUP", "command: 'kill -USR1 $(tail -1 \"$OUT/web\")'")) {
      VersionRef one = configured("1.0.0", "slow", way);
      VersionRef two = configured("1.1.0", "fast", way);
      run(one);
      Rig.await(() -> rig.said("plain").endsWith("slow"));
      awaitSaid("web");
      String pid = rig.said("web");
      rig.serve(two);
      rig.staged.round();
      rig.settle(applications);
      assertThat(applications.running()).contains(two);
      Rig.await(() -> rig.said("mode").equals("fast"));
      assertThat(rig.said("web")).as("not started again by " + way).isEqualTo(pid);
      Rig.await(() -> rig.said("plain").endsWith("fast"));

      // another agent finds it as a process of the new version, in the old one's directory
      Wanted wanted = rig.wantedAfterRestart();
      Staged staged = rig.stagedAfterRestart(wanted);
      ApplicationManager second = rig.applications(wanted, staged);
      second.round();
      assertThat(second.problem()).isEmpty();
      assertThat(rig.said("web")).isEqualTo(pid);
      staged.round();
      assertThat(rig.disk.version(one)).as("still somebody's working directory").exists();
      stopAll(two);
      rig.staged.round();
      rig.want(rig.inService().addStaged(two));
      rig.staged.round();
      assertThat(rig.disk.version(one)).doesNotExist();
      applications.close();
      Files.delete(rig.out("web"));
      applications = rig.applications();
    }
  }

  @Test
  void anyOtherDifferenceRestarts() throws Exception {
    VersionRef one = configured("1.0.0", "slow", "signal: HUP");
    VersionRef two =
        rig.manifest(
            "1.1.0",
            "config: [\"conf/**\"]\nprocesses: [{name: web, run: 'echo new > \"$OUT/new\"; sleep 60',"
                + " reload: {signal: HUP}}]\n",
            Map.of("conf/mode", "slow"));
    run(one);
    awaitSaid("web");
    rig.serve(two);
    rig.staged.round();
    rig.settle(applications);
    awaitSaid("new");
    assertThat(ProcFs.startTicks(Long.parseLong(rig.said("web")))).isEmpty();
  }

  @Test
  void aReloadThatFailsIsFollowedByARestart() throws Exception {
    VersionRef one = configured("1.0.0", "slow", "command: exit 1");
    VersionRef two = configured("1.1.0", "fast", "command: exit 1");
    run(one);
    awaitSaid("web");
    rig.serve(two);
    rig.staged.round();
    rig.settle(applications);
    Rig.await(() -> rig.said("web").lines().count() == 2);
    assertThat(applications.running()).contains(two);
  }
}
