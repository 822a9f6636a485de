package io.pilothouse.scheduler.core;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.google.protobuf.Message;
import io.pilothouse.mesos.JsonTroubleException;
import io.pilothouse.mesos.MesosJson;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.testing.fuzz.Fuzz;
import io.pilothouse.testing.fuzz.Summary;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/**
 * Whatever frameworks, agents and operators say, the core does not fail: one that does is dropped
 * with all that it knew, and everybody has to begin anew. Nothing is given twice, and nothing is
 * lost.
 */
class CoreFuzzTest {
  @BeforeEach
  void silence() {
    log(Level.OFF);
  }

  @AfterEach
  void speak() {
    log(Level.INFO);
  }

  /** A line for each refusal would bury what other tests say. */
  private static void log(Level level) {
    if (LoggerFactory.getLogger("io.pilothouse.scheduler.core") instanceof Logger logger) {
      logger.setLevel(level);
    }
  }

  /** Inputs of a file, with blank lines between them; words in capitals are of the scene. */
  private static List<byte[]> inputs(String file) throws IOException {
    FuzzedSite site = new FuzzedSite();
    String text;
    try (InputStream in =
        Objects.requireNonNull(CoreFuzzTest.class.getResourceAsStream(file), file)) {
      text = new String(in.readAllBytes(), UTF_8);
    }
    String filled =
        text.replace("OFFER-m1", site.offer("m1"))
            .replace("OFFER-m2", site.offer("m2"))
            .replace("INVERSE'", site.inverse() + "'")
            .replace("INFO", FuzzedSite.INFO)
            .replace('\'', '"');
    return Stream.of(filled.strip().split("\n\n", -1)).map(each -> each.getBytes(UTF_8)).toList();
  }

  private static Fuzz fuzz(String name) {
    return Fuzz.of(name)
        .tokens("\n", "\nt1000\n", "\nt6000\n", "\ne\n", "\nd\n", "{", "}", "[", "]", "\"", ":")
        .tokens("null", "true", "{}", "[]", "-1", "1e12", "1e308", "0.0001", "9223372036854775807")
        .tokens("\"*\"", "\"db\"", "\"db/x\"", "\"a\"", "\"cpus\"", "\"mem\"", "\"gpus\"", ",")
        .tokens("\"id\":{\"value\":\"o1\"},", "\"role\":\"db\",", "\"shared\":{},", "\\u0000")
        .tokens("\"revocable\":{},", "\"allocation_info\":{\"role\":\"db\"},", "\\n", "\"SET\"")
        .tokens("\"provider_id\":{\"value\":\"p\"},", "\"Infinity\"", "\"RANGES\"", "\"TEXT\"")
        .tokens("\"disk\":{\"source\":{\"type\":\"MOUNT\"}},", "\"reservations\":[],", "..")
        .tokens("\"executor\":{\"executor_id\":{\"value\":\"e\"}},", "\"resources\":[],")
        .tokens("\"set\":{\"item\":[\"a\"]},", "\"UNKNOWN\"")
        .allocating(64 << 20, 4_000);
  }

  private static void both(Summary summary) {
    assertThat(summary.taken()).as(summary.toString()).isPositive();
    assertThat(summary.refused()).as(summary.toString()).isPositive();
  }

  @Test
  void frameworksAndOperators() throws IOException {
    both(fuzz("core-calls").sound(inputs("fuzz-calls.txt")).inputs(1_200).run(CoreFuzzTest::feed));
  }

  @Test
  void agentsAndMachines() throws IOException {
    both(
        fuzz("core-agents")
            .sound(inputs("fuzz-agents.txt"))
            .likely(inputs("fuzz-calls.txt"))
            .inputs(800)
            .run(CoreFuzzTest::feed));
  }

  /** Whether all of its lines were read; what was read was done. */
  private static boolean feed(byte[] input) {
    FuzzedSite site = new FuzzedSite();
    boolean all = true;
    for (String line : List.of(new String(input, UTF_8).split("\n", 64))) {
      all &= site.takes(line);
    }
    site.hold();
    return all;
  }

  static <M extends Message> M read(String json, M prototype) throws JsonTroubleException {
    return MesosJson.read(json.getBytes(UTF_8), prototype);
  }

  @Test
  void anAgentThatDoesNotSayOfWhomItSpeaksTakesNobodyElseAlong() {
    for (String each :
        List.of(
            "{\"executor_ended\":{\"framework_id\":{\"value\":\"db-1\"}}}",
            "{\"executor_ended\":{}}",
            "{\"message\":{\"framework_id\":{\"value\":\"db-1\"}}}",
            "{\"update\":{\"framework_id\":{\"value\":\"db-1\"}}}")) {
      FuzzedSite site = new FuzzedSite();
      int told = site.framework.events().size();
      assertThat(site.takes("a" + each)).as(each).isTrue();
      assertThat(site.framework.events()).as(each).hasSize(told);
      site.hold();
    }
  }

  @Test
  void whatAnAgentRunsAndCannotBeIsNotTakenOver() {
    for (String each :
        List.of(
            "\"tasks\":[{\"framework_id\":{\"value\":\"db-1\"}}]",
            "\"executors\":[{\"framework_id\":{\"value\":\"db-1\"}}]",
            "\"executors\":[{\"framework_id\":{\"value\":\"db-1\"},\"executor\":{\"executor_id\":"
                + "{\"value\":\"e\"},\"resources\":[{\"name\":\"cpus\",\"type\":\"TEXT\"}]}}]")) {
      FuzzedSite site = new FuzzedSite();
      String agent = "\"agent\":{\"hostname\":\"m1\",\"id\":{\"value\":\"m1-agent\"}}";
      assertThat(site.takes("b{\"register\":{" + agent + "," + each + "}}")).as(each).isTrue();
      site.hold();
      assertThat(site.stage.core.picture().executors().getExecutorsList()).isEmpty();
    }
  }

  @Test
  void aGroupThatIsNotThereIsNotLaunched() {
    FuzzedSite site = new FuzzedSite();
    String accept =
        "c{\"type\":\"ACCEPT\",\"accept\":{\"offer_ids\":[{\"value\":\"OFFER\"}],"
            + "\"operations\":[{\"type\":\"LAUNCH_GROUP\",\"id\":{\"value\":\"o1\"}}]}}";
    assertThat(site.takes(accept.replace("OFFER", site.offer("m1")))).isTrue();
    assertThat(site.framework.last().getUpdateOperationStatus().getStatus().getMessage())
        .isEqualTo("Expecting 'launch_group' to be present");
    site.hold();
  }

  @Test
  void theSceneIsWhatTheWalksBeginFrom() {
    FuzzedSite site = new FuzzedSite();
    assertThat(site.offer("m1")).isNotEmpty();
    assertThat(site.inverse()).isNotEmpty();
    assertThat(site.framework.lastStatus().getState()).isEqualTo(TaskState.TASK_RUNNING);
    site.hold();
  }
}
