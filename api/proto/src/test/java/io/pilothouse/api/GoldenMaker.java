package io.pilothouse.api;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Keeps the protos of a release: CONTRIBUTING.md says when. */
@EnabledIfSystemProperty(named = "pilothouse.golden", matches = ".+")
class GoldenMaker {

  @Test
  void make() throws IOException {
    Path release = Path.of("src/test/resources/golden", System.getProperty("pilothouse.golden"));
    Files.createDirectories(release);
    Files.write(release.resolve("protos"), WireContract.ofThisBuild().toByteArray());
  }
}
