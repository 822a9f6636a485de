package io.pilothouse.scheduler.http;

import java.util.List;
import java.util.Optional;

/**
 * How tools of Mesos name a file of a sandbox: {@code /frameworks/F/executors/E/runs/R/PATH}, with
 * {@code /slaves/S} before it or not. R is a run, or {@code latest}; E of a task without an
 * executor is the task.
 *
 * @param agent empty: it is not said
 * @param run empty: the newest
 * @param path within the sandbox
 */
record SandboxPath(String agent, String framework, String executor, String run, String path) {
  private static final String FORM = "expected /frameworks/F/executors/E/runs/latest/PATH";

  private static final int PARTS = 6;

  /** Empty: it is none. */
  static Optional<SandboxPath> parse(String text) {
    List<String> parts = List.of(text.replaceAll("^/+", "").replaceAll("/+$", "").split("/", -1));
    String agent = "";
    if (parts.get(0).equals("slaves") && parts.size() > 2) {
      agent = parts.get(1);
      parts = parts.subList(2, parts.size());
    }
    if (parts.size() < PARTS
        || !parts.get(0).equals("frameworks")
        || !parts.get(2).equals("executors")
        || !parts.get(4).equals("runs")) {
      return Optional.empty();
    }
    String run = parts.get(5).equals("latest") ? "" : parts.get(5);
    return Optional.of(
        new SandboxPath(
            agent,
            parts.get(1),
            parts.get(3),
            run,
            String.join("/", parts.subList(PARTS, parts.size()))));
  }

  /** The same file of this run; as it is when the run is not known. */
  static String ofRun(String text, String run) {
    return run.isEmpty() ? text : text.replaceFirst("/runs/latest(?=/|$)", "/runs/" + run);
  }

  /** Of one that is none. */
  static String objection(String text) {
    return "'%s' is no file of a sandbox; %s".formatted(text, FORM);
  }
}
