package io.pilothouse.cli;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;

/**
 * What a command line came to.
 *
 * @param code exit code
 */
record Typed(int code, String out, String err) {

  /** Runs one that asks this Device Manager. */
  static Typed at(FakeDm dm, String... args) {
    return run(
        Stream.concat(Stream.of(args), Stream.of("--servers", dm.address()))
            .toArray(String[]::new));
  }

  /** Runs one command line in this JVM; standard streams are swapped meanwhile. */
  static Typed run(String... args) {
    System.setProperty("jdk.console", "java.base");
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
    ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
    System.setOut(new PrintStream(outBytes, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(errBytes, true, StandardCharsets.UTF_8));
    try {
      int code = Pilot.run(args);
      return new Typed(
          code,
          outBytes.toString(StandardCharsets.UTF_8),
          errBytes.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }
}
