package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Spark 2.0.2 (testing/frameworks/spark), unchanged and with its own libraries of 2016, runs jobs
 * on the fleet: its coarse-grained back end, which loads {@code MesosSchedulerDriver}, finds ours
 * first on its class path. It needs the profile {@code large}, which fetches Spark, and a Java from
 * 17 to 23, as {@code ./pilot test --large} has them.
 */
@Tag("large")
@Timeout(300)
class SparkTest {
  private static final Path MODULE =
      Path.of("..", "frameworks", "spark", "target").toAbsolutePath().normalize();
  private static final Path API = Path.of("..", "..", "api").toAbsolutePath().normalize();

  /** Numbers of a job; each is a partition. */
  private static final int NUMBERS = 12;

  private static final long SUM_OF_SQUARES = 506;

  /** What Spark and its libraries do that newer Java asks to be allowed. */
  private static final List<String> OPENED =
      List.of(
          "java.base/java.lang",
          "java.base/java.lang.invoke",
          "java.base/java.net",
          "java.base/java.nio",
          "java.base/java.util",
          "java.base/java.util.concurrent",
          "java.base/sun.nio.ch",
          "java.base/sun.security.action");

  @TempDir private static Path dir;
  private static OfferedSite site;

  @BeforeAll
  static void start() throws Exception {
    site = new OfferedSite(dir);
  }

  @AfterAll
  static void stop() throws Exception {
    if (site != null) {
      site.close();
    }
  }

  private static String classPath() throws IOException {
    return String.join(
        ":",
        API.resolve("mesos-driver/target/classes").toString(),
        API.resolve("mesos/target/classes").toString(),
        MODULE.resolve("classes").toString(),
        Files.readString(MODULE.resolve("class-path")).strip());
  }

  /** Of both sides: the driver's process, and executors. */
  private static List<String> options() throws IOException {
    List<String> options = new ArrayList<>();
    options.add("-XX:TieredStopAtLevel=1");
    options.add("-XX:+UseSerialGC");
    OPENED.forEach(each -> options.add("--add-opens=" + each + "=ALL-UNNAMED"));
    // the name of the machine is nobody's but the fleet's; with such a file no other is known
    String here = Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    Path hosts = dir.resolve("hosts");
    Files.writeString(hosts, "127.0.0.1 localhost %s %s\n".formatted(here, OfferedFleet.MACHINE));
    options.add("-Djdk.net.hosts.file=" + hosts);
    return options;
  }

  /** Spark's home on the machine, as far as executors need it: {@code bin/spark-class}. */
  private static Path home() throws IOException {
    Path program = dir.resolve("spark/bin/spark-class");
    Files.createDirectories(program.getParent());
    Files.writeString(
        program,
        "#!/bin/sh\nexec '%s' -Xmx$SPARK_EXECUTOR_MEMORY $SPARK_EXECUTOR_OPTS -cp '%s' \"$@\"\n"
            .formatted(OldJdk.java(), classPath()));
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    return dir.resolve("spark");
  }

  private static Started job(String name, String secret, Path... gates) throws Exception {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("master", "mesos://" + site.api);
    settings.put("app.name", name);
    settings.put("mesos.principal", OfferedSite.PRINCIPAL);
    settings.put("mesos.secret", secret);
    settings.put("mesos.coarse", "true");
    settings.put("mesos.executor.home", home().toString());
    settings.put("mesos.executor.memoryOverhead", "64");
    settings.put("executor.cores", "1");
    settings.put("executor.memory", "200m");
    settings.put("executor.extraJavaOptions", String.join(" ", options()));
    settings.put("cores.max", "2");
    settings.put("testing.reservedMemory", "0");
    settings.put("driver.host", "127.0.0.1");
    settings.put("ui.enabled", "false");
    settings.put("local.dir", dir.resolve(name + "-local").toString());

    List<String> command = new ArrayList<>();
    command.add(OldJdk.java().toString());
    command.addAll(options());
    command.add("-Xmx256m");
    settings.forEach((key, value) -> command.add("-Dspark." + key + "=" + value));
    command.addAll(List.of("-cp", classPath(), "io.pilothouse.testing.spark.Main"));
    command.add(Integer.toString(NUMBERS));
    for (Path each : gates) {
      command.add(each.toString());
    }
    return Started.program(dir.resolve(name + ".log"), Map.of(), command);
  }

  /** Executors that the scheduler sees running: the tasks' ids, which Spark numbers from 0. */
  private static Set<String> running(String framework) {
    Set<String> running = new TreeSet<>();
    for (JsonNode each : site.state().get("frameworks")) {
      if (each.get("id").asText().equals(framework)) {
        for (JsonNode task : each.get("tasks")) {
          if (task.get("state").asText().equals("TASK_RUNNING")) {
            running.add(task.get("id").asText());
          }
        }
      }
    }
    return running;
  }

  private static ProcessHandle executor(String id) {
    List<ProcessHandle> found =
        ProcessHandle.allProcesses()
            .filter(each -> each.info().command().orElse("").endsWith("/java"))
            .filter(each -> isExecutor(line(each), id))
            .toList();
    assertThat(found).as("the process of executor %s", id).hasSize(1);
    return found.get(0);
  }

  private static boolean isExecutor(String line, String id) {
    return line.contains(dir.toString())
        && line.contains(" org.apache.spark.executor.CoarseGrainedExecutorBackend ")
        && line.contains(" --executor-id " + id + " ");
  }

  /** All of it: a process's own view is cut after 4 KiB, and class paths are longer. */
  private static String line(ProcessHandle process) {
    try {
      return Files.readString(Path.of("/proc", Long.toString(process.pid()), "cmdline"))
          .replace('\0', ' ');
    } catch (IOException e) {
      return ""; // it has ended
    }
  }

  @Test
  void jobsRunOnExecutorsOnTheFleetThroughTheEndOfOneAndOfTheScheduler() throws Exception {
    Path first = dir.resolve("first");
    Path second = dir.resolve("second");
    try (Started spark = job("squares", OfferedSite.SECRET, first, second)) {
      String id = spark.says("subscribed as ");
      OfferedFleet.until(() -> running(id).equals(Set.of("0", "1")));
      Files.createFile(first);
      assertThat(spark.says("job 1 sum ")).isEqualTo(SUM_OF_SQUARES + " by [0, 1]");
      for (String each : running(id)) {
        assertThat(Files.readString(site.sandbox(id, each).resolve("stderr")))
            .contains("Successfully registered with driver");
      }

      // the second job waits on both
      assertThat(executor("1").destroyForcibly()).isTrue();
      OfferedFleet.until(() -> running(id).equals(Set.of("0", "2")));
      site.restartsScheduler();
      OfferedFleet.until(() -> running(id).equals(Set.of("0", "2")));
      Files.createFile(second);

      assertThat(spark.says("job 2 sum ")).startsWith(SUM_OF_SQUARES + " by [0");
      String said = spark.ends(0);
      assertThat(said).contains("driver.run() returned with code DRIVER_STOPPED").contains("done");
      site.hasForgotten(id);
    }
  }

  @Test
  void aWrongSecretEndsItsDriver() throws Exception {
    try (Started spark = job("wrong", "guess", dir.resolve("never"))) {
      assertThat(spark.ends(1)).contains("DRIVER_ABORTED").contains("status 401");
    }
  }
}
