package io.pilothouse.watchdog;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whom a health script runs as. A root that runs scripts of other authors gives them up to somebody
 * without rights first: no capabilities, no groups, no way to gain any (setpriv(1), {@code
 * no_new_privs}). Whoever is not root can only run them as itself.
 */
public final class RunAs {
  /** Runs what names no user. */
  public static final String DEFAULT = "nobody";

  private static final String ROOT = "root";
  private static final Pattern NAME = Pattern.compile("[a-z_][a-z0-9_.-]{0,31}");
  private static final Pattern IDS = Pattern.compile("(\\d+) (\\d+)");
  private static final Map<String, RunAs> KNOWN = new ConcurrentHashMap<>();

  private final String user;
  private final String uid;
  private final String gid;

  private RunAs(String user, String uid, String gid) {
    this.user = user;
    this.uid = uid;
    this.gid = gid;
  }

  /** Whether this program may become another user. */
  public static boolean isRoot() {
    return self().uid.equals("0");
  }

  /** The user that this program runs as. */
  public static RunAs self() {
    return KNOWN.computeIfAbsent("", none -> new RunAs(System.getProperty("user.name"), id(), ""));
  }

  /**
   * Whom to run as.
   *
   * @param wanted user's name; empty means {@value #DEFAULT}
   * @throws IOException when there is no such user, in words for a person
   */
  public static RunAs of(String wanted) throws IOException {
    if (!isRoot()) {
      return self();
    }
    String name = wanted.isEmpty() ? DEFAULT : wanted;
    if (!NAME.matcher(name).matches()) {
      throw new IOException("user \"%s\" cannot be a user's name".formatted(name));
    }
    RunAs known = KNOWN.get(name);
    if (known == null) {
      known = look(name);
      KNOWN.put(name, known);
    }
    return known;
  }

  /** Asked of the system and not read from a file: users may come from a directory service. */
  private static RunAs look(String name) throws IOException {
    Matcher ids =
        IDS.matcher(say("/bin/sh", "-c", "echo $(id -u -- " + name + ") $(id -g -- " + name + ")"));
    if (!ids.matches()) {
      throw new IOException(
          "there is no user \"%s\" on this machine: create it, or name another as user:"
              .formatted(name));
    }
    return new RunAs(name, ids.group(1), ids.group(2));
  }

  /**
   * The effective one, as proc(5) says. No program is asked, and no channel is read: whoever asks
   * first may be interrupted, and the answer is kept.
   */
  private static String id() {
    try (FileInputStream status = new FileInputStream("/proc/self/status")) {
      return new String(status.readAllBytes(), StandardCharsets.ISO_8859_1)
          .lines()
          .filter(each -> each.startsWith("Uid:"))
          .map(each -> each.split("\\s+", -1)[2])
          .findFirst()
          .orElse("unknown");
    } catch (IOException e) {
      return "unknown"; // then it is not taken for root, and nobody's rights are changed
    }
  }

  private static String say(String... command) throws IOException {
    Process process =
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
            .start();
    try {
      if (!process.waitFor(5, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException(command[0] + " does not end");
      }
      return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** The user's name. */
  public String user() {
    return user;
  }

  /** Whether this is another user than this program's. */
  public boolean isOther() {
    return !gid.isEmpty() && !user.equals(ROOT);
  }

  /** Numeric id of another user; empty when it is this program's own. */
  public Optional<Integer> uid() {
    return isOther() ? Optional.of(Integer.parseInt(uid)) : Optional.empty();
  }

  /** Numeric id of another user's first group; empty when it is this program's own. */
  public Optional<Integer> gid() {
    return isOther() ? Optional.of(Integer.parseInt(gid)) : Optional.empty();
  }

  /** What goes before a command to run it as this user. */
  public List<String> prefix() {
    return prefix(List.of());
  }

  /**
   * What goes before a command to run it as this user.
   *
   * @param groups that it has beside the user's first one
   */
  public List<String> prefix(List<Integer> groups) {
    if (!isOther()) {
      return List.of();
    }
    String beside = String.join(",", groups.stream().map(Object::toString).toList());
    return List.of(
        "setpriv",
        "--reuid=" + uid,
        "--regid=" + gid,
        groups.isEmpty() ? "--clear-groups" : "--groups=" + beside,
        "--no-new-privs",
        "--inh-caps=-all",
        "--bounding-set=-all",
        "--");
  }
}
