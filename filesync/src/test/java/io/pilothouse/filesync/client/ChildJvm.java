package io.pilothouse.filesync.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A program of its own that has the memory of a real one: it is started with the arguments of
 * packaging, which end it when its memory does not do. It is told what to do a line at a time, and
 * answers each with a line.
 */
final class ChildJvm implements AutoCloseable {
  /** Begins an answer; whatever else it prints is for the message of a failure. */
  private static final String ANSWER = "> ";

  private final Process process;
  private final BufferedReader out;
  private final PrintWriter in;
  private final List<String> said = new ArrayList<>();

  /** What a program does with a line of words. */
  interface Work {
    Object run(List<String> words) throws Exception;
  }

  /**
   * Starts a program.
   *
   * @param arguments name of a file of packaging
   */
  ChildJvm(String arguments, Class<?> main, Object... words) throws IOException {
    Path file = Path.of("../packaging/src/jvm", arguments + ".args").toAbsolutePath().normalize();
    assertThat(file).exists();
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("@" + file);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    for (Object each : words) {
      command.add(each.toString());
    }
    process = new ProcessBuilder(command).redirectErrorStream(true).start();
    out = process.inputReader(StandardCharsets.UTF_8);
    in = new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true);
  }

  /** Does what it is told until nobody tells it any more. */
  static void serve(Work work) throws Exception {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      answer(work.run(List.of(line.split("\t"))));
    }
  }

  static void answer(Object answer) {
    System.out.println(ANSWER + answer);
  }

  String tell(Object... words) throws IOException {
    in.println(String.join("\t", List.of(words).stream().map(Object::toString).toList()));
    return answer();
  }

  /** The next answer. */
  String answer() throws IOException {
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      if (line.startsWith(ANSWER)) {
        return line.substring(ANSWER.length());
      }
      said.add(line);
    }
    throw new AssertionError("it ended: " + String.join("\n", said));
  }

  @Override
  public void close() throws IOException {
    in.close();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
