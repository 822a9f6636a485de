package io.pilothouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.pilothouse.api.v1.ListManifestsReply;
import io.pilothouse.api.v1.ListRolloutsReply;
import io.pilothouse.api.v1.PlannedUnit;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutPlan;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.StatusReply;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WriteReply;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a plan says what the new version changes: by the contents that the replicas hold. */
class RolloutDifferenceTest extends ManifestRig {
  private VersionRef old = VersionRef.getDefaultInstance();

  RolloutDifferenceTest(@TempDir Path temp) throws IOException {
    super(temp);
  }

  @BeforeEach
  void oldVersion() throws IOException, InterruptedException {
    write("manifest.yaml", twoProcesses("1.0.0", "reload: {signal: HUP}"));
    write("conf/mode", "slow");
    write("server.env", "LEVEL=1\n");
    old = held("1.0.0");
  }

  /** Two processes, of which the second one says more. */
  private static String twoProcesses(String version, String more) {
    return """
        kind: Manifest
        name: web
        version: "%s"
        config: ["conf/**", server.env]
        processes:
        - {name: front, run: exec ./server, reload: {signal: HUP}}
        - {name: back, run: exec ./server, env-files: [server.env], %s}
        """
        .formatted(version, more);
  }

  /** The directory as it is, on the first replica. */
  private VersionRef held(String version) throws IOException, InterruptedException {
    held(one);
    return packed().getRef().toBuilder().setVersion(version).build();
  }

  private Typed plan(VersionRef to, VersionRef... from) {
    RolloutPlan.Builder plan =
        RolloutPlan.newBuilder()
            .setType("frontend")
            .setTo(to)
            .addUnits(PlannedUnit.newBuilder().setName("first").addMembers("web-01"));
    for (int i = 0; i < from.length; i++) {
      plan.addUnits(PlannedUnit.newBuilder().setName("su-" + i).setFrom(from[i]));
    }
    dm.answers("PlanRollout", plan.build());
    return pilot("rollout", "plan", "frontend", "web@1.1.0");
  }

  @Test
  void configurationOnlyIsReloadedAndNotRestarted() throws IOException, InterruptedException {
    write("manifest.yaml", twoProcesses("1.1.0", "reload: {signal: HUP}"));
    write("conf/mode", "fast");
    write("conf/more", "new");
    VersionRef to = held("1.1.0");

    Typed typed = plan(to, old, old);

    assertThat(typed.code()).as(typed.err()).isZero();
    assertThat(typed.out())
        .startsWith(
            """
            frontend → web@1.1.0
            web@1.0.0 → web@1.1.0: configuration only: 2 files differ, processes are reloaded,\
             not restarted
            UNIT""");
  }

  @Test
  void whoCannotReloadIsNamed() throws IOException, InterruptedException {
    write("server.env", "LEVEL=2\n");
    write("manifest.yaml", twoProcesses("1.1.0", "reload: {signal: HUP}"));

    assertThat(plan(held("1.1.0"), old).out())
        .as("a variable is given at a start only")
        .contains(
            "configuration only: 1 file differs, processes are reloaded, not restarted, but for"
                + " back\n");
  }

  @Test
  void otherFilesRestartProcesses() throws IOException, InterruptedException {
    write("manifest.yaml", twoProcesses("1.1.0", "reload: {signal: HUP}"));
    write("conf/mode", "fast");
    write("site/index.html", "hello again");
    write("site/new", "new");
    Files.delete(dir.resolve("site/big"));
    VersionRef to = held("1.1.0");

    assertThat(plan(to, old, VersionRef.getDefaultInstance()).out())
        .contains(
            """
            web@1.0.0 → web@1.1.0: 1 file added, 3 changed, 1 removed; processes are restarted
            machines without any version: 6 files added, 0 changed, 0 removed; processes are\
             started
            """);
    JsonNode change =
        JsonMapper.builder()
            .build()
            .readTree(pilot("rollout", "plan", "frontend", "web@1.1.0", "-o", "json").out())
            .path("changes")
            .path(0);
    assertThat(change.path("from").asText()).isEqualTo("web@1.0.0");
    assertThat(change.path("changed").asInt()).isEqualTo(3);
    assertThat(change.path("configuration_only").asBoolean(true)).isFalse();
  }

  @Test
  void withoutTheContentsThePlanSaysSoAndGoesOn() throws IOException, InterruptedException {
    VersionRef gone = old.toBuilder().setVersion("0.9.0").setDigest("0".repeat(64)).build();

    Typed typed = plan(old.toBuilder().setVersion("1.1.0").build(), gone);
    assertThat(typed.code()).as(typed.err()).isZero();
    assertThat(typed.out())
        .contains(
            "web@0.9.0 → web@1.1.0: how they differ is not known: no deployment replica that is up"
                + " has the contents of web@0.9.0\n")
        .contains("pilot rollout start frontend web@1.1.0 --plan");

    dm.answers("ListManifests", ListManifestsReply.getDefaultInstance());
    assertThat(plan(old.toBuilder().setVersion("1.1.0").build(), gone).out())
        .contains("has the contents of web@1.1.0\n", "pilot rollout start");
    dm.refuses("ListManifests", 500, "INTERNAL", "it broke");
    assertThat(plan(old.toBuilder().setVersion("1.1.0").build(), gone).out())
        .contains("how they differ is not known: ", "it broke", "pilot rollout start");
  }

  @Test
  void aStartSaysItToo() throws IOException, InterruptedException {
    write("manifest.yaml", twoProcesses("1.1.0", "reload: {signal: HUP}"));
    write("conf/mode", "fast");
    VersionRef to = held("1.1.0");
    dm.answers("GetStatus", StatusReply.newBuilder().setTotal(100).build());
    dm.answers("StartRollout", WriteReply.newBuilder().setId("O-7").setRevision(8).build());
    dm.answers(
        "ListRollouts",
        ListRolloutsReply.newBuilder()
            .addItems(
                Rollout.newBuilder()
                    .setId("O-7")
                    .setTo(to)
                    .addUnits(RolloutUnit.newBuilder().setName("su-1").setBefore(old)))
            .build());

    Typed typed = pilot("rollout", "start", "frontend", "web@1.1.0");

    assertThat(typed.code()).isZero();
    assertThat(typed.out()).isEqualTo("started O-7\n");
    assertThat(typed.err())
        .startsWith("web@1.0.0 → web@1.1.0: configuration only: 1 file differs, processes are")
        .contains("watch it: pilot rollout watch O-7");
    assertThat(dm.methods()).containsSubsequence("StartRollout", "ListManifests");

    dm.refuses("ListRollouts", 500, "INTERNAL", "it broke");
    Typed blind = pilot("rollout", "start", "frontend", "web@1.1.0");
    assertThat(blind.code()).as("it was started").isZero();
    assertThat(blind.err()).contains("how it differs from what is active is not known: ");
  }
}
