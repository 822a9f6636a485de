package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.VersionRef;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An agent puts another in its place, and the launcher judges that one. */
@Timeout(60)
class AgentUpdateTest {
  private static final Path LAUNCHER =
      Path.of("../../packaging/src/bin/agent-launcher").toAbsolutePath().normalize();

  @TempDir private Path dir;
  private Rig rig;
  private final AtomicInteger handedOver = new AtomicInteger();

  @BeforeEach
  void start() throws IOException {
    rig = new Rig(dir);
  }

  @AfterEach
  void stop() throws IOException {
    rig.close();
  }

  private AgentUpdate update(Map<String, String> environment, boolean reported) {
    return new AgentUpdate(
        rig.disk, rig.wanted, rig.staged, environment, () -> reported, handedOver::incrementAndGet);
  }

  private VersionRef agent(String version) throws IOException {
    return rig.deployment.add(
        "agent",
        version,
        Map.of(
            "agent.yaml",
            "kind: Agent\nname: agent\nversion: \"%s\"\n".formatted(version),
            "lib/agent.jar",
            version,
            "jvm/agent.args",
            "-Xmx40m\n"));
  }

  private VersionRef want(String version) throws Exception {
    VersionRef ref = agent(version);
    rig.want(rig.inService().setAgent(ref));
    rig.staged.round();
    return ref;
  }

  private Path state(String name) {
    return rig.disk.agent().resolve(name);
  }

  @Test
  void whereNoVersionIsWantedAnyMoreTheImagesAgentRunsAgain() throws Exception {
    VersionRef two = want("2.0.0");
    update(Map.of("PILOT_AGENT_LAUNCHER", "1"), true).round();
    assertThat(state("current")).isSymbolicLink();

    AgentUpdate second =
        update(Map.of("PILOT_AGENT_LAUNCHER", "1", "PILOT_AGENT", "agent@2.0.0"), true);
    assertThat(second.running()).contains(two);
    rig.want(rig.inService());
    second.round();
    second.round();
    assertThat(handedOver).hasValue(2);
    assertThat(Files.exists(state("current"), LinkOption.NOFOLLOW_LINKS)).isFalse();
  }

  @Test
  void itHandsOverOnceTheOtherIsHereAndADeviceManagerAnswers() throws Exception {
    VersionRef two = want("2.0.0");
    Map<String, String> launched = Map.of("PILOT_AGENT_LAUNCHER", "1");
    update(launched, false).round();
    assertThat(handedOver).hasValue(0);
    AgentUpdate first = update(launched, true);
    first.round();
    first.round();
    assertThat(handedOver).hasValue(1);
    assertThat(Files.readSymbolicLink(state("current"))).isEqualTo(rig.disk.version(two));
    assertThat(state("previous")).doesNotExist();
    assertThat(state("trial")).hasContent("agent@2.0.0");

    // the new one: until it has reported, it is on trial
    Map<String, String> second = Map.of("PILOT_AGENT_LAUNCHER", "1", "PILOT_AGENT", "agent@2.0.0");
    update(second, false).round();
    assertThat(state("trial")).exists();
    AgentUpdate proved = update(second, true);
    proved.round();
    assertThat(state("trial")).doesNotExist();
    assertThat(proved.running()).contains(two);
    assertThat(proved.problem()).isEmpty();
    assertThat(handedOver).hasValue(1);

    // what runs, and what may come back, is not removed though nobody wants it
    VersionRef three = want("3.0.0");
    update(second, true).round();
    rig.want(rig.inService());
    rig.staged.round();
    assertThat(rig.staged.versions()).containsExactly(two, three);
  }

  @Test
  void oneThatWasTakenBackIsAProblemUntilAnotherIsWanted() throws Exception {
    want("2.0.0");
    Files.createDirectories(rig.disk.agent());
    Files.writeString(state("failed"), "agent@2.0.0 ended 3 times before it reported\n");
    AgentUpdate image = update(Map.of("PILOT_AGENT_LAUNCHER", "1"), true);
    image.round();
    assertThat(handedOver).hasValue(0);
    assertThat(image.problem())
        .contains(
            new Problem(
                "agent.not-switched",
                "agent agent@2.0.0 was taken back: it ended 3 times before it reported"));
    want("2.0.1");
    image.round();
    assertThat(image.problem()).isEmpty();
    assertThat(handedOver).hasValue(1);
  }

  /** A Device Manager that was away while it was on trial answers now. */
  @Test
  void oneThatNobodyHeardIsTriedOnceMoreAndThenAProblem() throws Exception {
    VersionRef two = want("2.0.0");
    String unheard = "agent@2.0.0 did not report within 120 s\n";
    Files.createDirectories(rig.disk.agent());
    Files.writeString(state("failed"), unheard);
    Map<String, String> launched = Map.of("PILOT_AGENT_LAUNCHER", "1");
    update(launched, false).round();
    assertThat(handedOver).as("nobody answers").hasValue(0);
    AgentUpdate image = update(launched, true);
    image.round();
    assertThat(image.problem()).isEmpty();
    assertThat(handedOver).hasValue(1);
    assertThat(state("failed")).doesNotExist();

    Files.writeString(state("failed"), unheard);
    AgentUpdate after = update(launched, true);
    after.round();
    after.round();
    assertThat(handedOver).hasValue(1);
    assertThat(after.problem().orElseThrow().text()).contains("it did not report within 120 s");

    // once it has run, or is not wanted any more, that is forgotten
    AgentUpdate second =
        update(Map.of("PILOT_AGENT_LAUNCHER", "1", "PILOT_AGENT", "agent@2.0.0"), true);
    second.round();
    assertThat(second.running()).contains(two);
    Files.writeString(state("failed"), unheard);
    update(launched, true).round();
    assertThat(handedOver).hasValue(2);
  }

  @Test
  void withoutALauncherItSaysSo() throws Exception {
    want("2.0.0");
    AgentUpdate bare = update(Map.of(), true);
    bare.round();
    assertThat(bare.problem().orElseThrow().text()).contains("not started by agent-launcher");
    assertThat(handedOver).hasValue(0);
  }

  /** Runs the launcher with a stand-in for Java that does {@code script}. */
  private Process launch(String script) throws IOException {
    Path java = Files.writeString(dir.resolve("java"), "#!/bin/sh\n" + script);
    Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
    ProcessBuilder builder =
        new ProcessBuilder(
                List.of(
                    LAUNCHER.toString(),
                    rig.disk.root().toString(),
                    java.toString(),
                    "@image.args",
                    "io.pilothouse.agent.Main",
                    "--machine",
                    "web-01"))
            .redirectErrorStream(true)
            .redirectOutput(new File(dir.toFile(), "console"));
    builder.environment().put("OUT", dir.toString());
    builder.environment().put("STATE", rig.disk.agent().toString());
    builder.environment().put("PILOT_AGENT_CONFIRM", "2");
    return builder.start();
  }

  private void onTrial(String version) throws Exception {
    want(version);
    update(Map.of("PILOT_AGENT_LAUNCHER", "1"), true).round();
  }

  private String said() throws IOException {
    return rig.said("said");
  }

  @Test
  void theLauncherStartsTheVersionWithTheImagesArgumentsAndGoesBackToNothingOnceItHasReported()
      throws Exception {
    Process launcher =
        launch(
            """
            echo "[$PILOT_AGENT] $*" >> "$OUT/said"
            if [ -z "$PILOT_AGENT" ]; then
              while [ ! -L "$STATE/current" ]; do sleep 0.05; done
              exit 75
            fi
            rm "$STATE/trial"
            exec sleep 60
            """);
    try {
      Rig.await(() -> !said().isEmpty());
      assertThat(said()).isEqualTo("[] @image.args io.pilothouse.agent.Main --machine web-01");
      onTrial("2.0.0");
      Rig.await(() -> said().lines().count() == 2);
      Path home = rig.disk.root().toRealPath().resolve("manifests/agent/2.0.0");
      assertThat(said().lines().toList().get(1))
          .isEqualTo(
              "[agent@2.0.0] @%s/jvm/agent.args -cp %s/lib/* io.pilothouse.agent.Main --machine"
                      .formatted(home, home)
                  + " web-01");
      Rig.await(() -> !Files.exists(state("trial")));
      assertThat(state("failed")).doesNotExist();
      assertThat(launcher.isAlive()).isTrue();
    } finally {
      end(launcher);
    }
  }

  @Test
  void aVersionThatEndsAgainAndAgainIsTakenBack() throws Exception {
    onTrial("2.0.0");
    Process launcher =
        launch(
            """
            echo "[$PILOT_AGENT]" >> "$OUT/said"
            [ -z "$PILOT_AGENT" ] || exit 7
            exec sleep 60
            """);
    try {
      Rig.await(() -> said().endsWith("[]"));
      assertThat(said()).isEqualTo("[agent@2.0.0]\n[agent@2.0.0]\n[agent@2.0.0]\n[]");
      assertThat(state("failed"))
          .hasContent("agent@2.0.0 ended 3 times before it reported, the last time with status 7");
      assertThat(state("current")).doesNotExist();
      assertThat(state("trial")).doesNotExist();
    } finally {
      end(launcher);
    }
  }

  @Test
  void aVersionThatHangsIsTakenBackForTheOneBefore() throws Exception {
    onTrial("2.0.0");
    Files.delete(state("trial"));
    VersionRef three = want("3.0.0");
    update(Map.of("PILOT_AGENT_LAUNCHER", "1", "PILOT_AGENT", "agent@2.0.0"), true).round();
    assertThat(Files.readSymbolicLink(state("current"))).isEqualTo(rig.disk.version(three));
    Process launcher = launch("echo \"[$PILOT_AGENT]\" >> \"$OUT/said\"\nexec sleep 60\n");
    try {
      Rig.await(() -> said().endsWith("[agent@2.0.0]"));
      assertThat(said()).isEqualTo("[agent@3.0.0]\n[agent@2.0.0]");
      assertThat(state("failed")).hasContent("agent@3.0.0 did not report within 2 s");
    } finally {
      end(launcher);
    }
  }

  private static void end(Process launcher) throws Exception {
    launcher.destroy(); // it ends its agent, too
    launcher.waitFor();
  }
}
