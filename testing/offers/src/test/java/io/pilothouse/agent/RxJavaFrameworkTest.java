package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A framework on mesos-rxjava 0.2.0 (testing/frameworks/rxjava), unchanged and with the versions of
 * Netty and Protocol Buffers that it was made with, runs commands on the fleet.
 */
@Timeout(120)
class RxJavaFrameworkTest {
  private static final Path MODULE = Path.of("..", "frameworks", "rxjava", "target");

  @TempDir private static Path dir;
  private static OfferedSite site;

  @BeforeAll
  static void start() throws Exception {
    site = new OfferedSite(dir);
  }

  @AfterAll
  static void stop() throws Exception {
    site.close();
  }

  private static Started framework(String name, String secret, String id, String... jobs)
      throws Exception {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "io.pilothouse.testing.rxjava.Main",
                "http://%s:%s@%s/api/v1/scheduler"
                    .formatted(OfferedSite.PRINCIPAL, secret, site.api),
                id));
    arguments.addAll(List.of(jobs));
    return Started.java(
        dir.resolve(name + ".log"),
        MODULE.resolve("classes") + ":" + Files.readString(MODULE.resolve("class-path")).strip(),
        arguments);
  }

  @Test
  void commandsRunToTheirEnds() throws Exception {
    try (Started framework =
        framework(
            "ends",
            OfferedSite.SECRET,
            "-",
            "hello=echo hello; exit 0",
            "fails=exit 3",
            "endless=sleep 600")) {
      String id = framework.says("subscribed as ");
      List<String> said = framework.ends(0).lines().toList();

      assertThat(said)
          .contains(
              "declined an offer of web-01",
              "launched 3 on web-01 at http:81",
              "hello TASK_FINISHED Command exited with status 0",
              "acknowledged hello",
              "fails TASK_FAILED Command exited with status 3",
              "endless TASK_KILLED Command terminated with signal Terminated",
              "torn down",
              "the stream has ended");
      assertThat(said).anyMatch(line -> line.startsWith("hello TASK_RUNNING"));
      assertThat(site.output(id, "hello")).isEqualTo("hello\n");
      site.hasForgotten(id);
    }
  }

  /** With an id that it chose itself, as the library's own example does. */
  @Test
  void aFrameworkThatIsKilledComesBackToItsTasks() throws Exception {
    String id = "rxjava-comes-back";
    try (Started first =
        framework(
            "first",
            OfferedSite.SECRET,
            id,
            "long=while [ ! -e go ]; do sleep 0.05; done; exit 4")) {
      assertThat(first.says("subscribed as ")).isEqualTo(id);
      first.says("long TASK_RUNNING");
    }

    try (Started second = framework("second", OfferedSite.SECRET, id)) {
      second.says("long TASK_RUNNING");
      Files.createFile(site.sandbox(id, "long").resolve("go"));

      assertThat(second.ends(0).lines())
          .contains("subscribed as " + id, "long TASK_FAILED Command exited with status 4");
      site.hasForgotten(id);
    }
  }

  @Test
  void aWrongSecretIsToldAsTheLibraryTellsIt() throws Exception {
    try (Started framework = framework("wrong", "wrong", "-", "never=exit 0")) {
      assertThat(framework.ends(1)).contains("Mesos4xxException").contains("401");
    }
  }
}
