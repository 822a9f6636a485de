package io.pilothouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The jar that goes onto the class paths of old frameworks: all that it needs, and no more. */
@Tag("e2e")
class DriverJarTest {
  private static final Path JAR =
      PilotCli.distribution().resolve("frameworks/pilothouse-mesos-driver.jar");

  @Test
  void itHasTheDriverAndWhatTheDriverStandsOn() throws IOException {
    List<String> classes;
    try (ZipFile jar = new ZipFile(JAR.toFile())) {
      classes =
          jar.stream().map(ZipEntry::getName).filter(name -> name.endsWith(".class")).toList();
    }
    assertThat(classes)
        .contains(
            "org/apache/mesos/MesosSchedulerDriver.class",
            "org/apache/mesos/MesosNativeLibrary.class",
            "io/pilothouse/driver/Driver.class",
            "io/pilothouse/mesos/stream/Schedulers.class",
            "io/pilothouse/mesos/RecordReader.class")
        .allMatch(
            name ->
                name.startsWith("org/apache/mesos/")
                    || name.startsWith("io/pilothouse/driver/")
                    || name.startsWith("io/pilothouse/mesos/stream/")
                    || name.startsWith("io/pilothouse/mesos/Record")
                    || name.equals("io/pilothouse/mesos/package-info.class"))
        .noneMatch(name -> name.contains("Protos"));
  }
}
