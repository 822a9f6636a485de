package io.pilothouse.dm.state;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Keeps a log of a release, with the states that it leads to: CONTRIBUTING.md says when. */
@EnabledIfSystemProperty(named = "pilothouse.golden", matches = ".+")
class GoldenMaker {

  @Test
  void make() throws IOException {
    GoldenLog.of(GoldenStory.tell())
        .write(GoldenLog.ALL.resolve(System.getProperty("pilothouse.golden")));
  }
}
