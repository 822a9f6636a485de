package io.pilothouse.cli.dev;

import io.pilothouse.cli.CliException;
import io.pilothouse.cli.Home;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Broken hardware of an emulated machine: a file in its chassis that one of its watchdogs finds.
 */
record Fault(Home home, String machine, String watchdog) {
  private static final Pattern SHARE = Pattern.compile("(\\d{1,3})%");

  /**
   * The machines that an argument names: one, several with commas between, or a share of all by
   * name, rounded up.
   */
  static List<String> machines(Home home, String argument) {
    Matcher share = SHARE.matcher(argument);
    if (share.matches()) {
      List<String> all = Target.machineNames(home);
      int percent = Integer.parseInt(share.group(1));
      if (percent < 1 || percent > 100) {
        throw CliException.usage(argument + " is not a share of the machines", "use 1% to 100%");
      }
      return all.subList(0, (all.size() * percent + 99) / 100);
    }
    List<String> names = List.of(argument.split(","));
    names.forEach(each -> Target.requireMachine(home, each));
    return names;
  }

  void inject(boolean fatal) throws IOException {
    Files.createDirectories(file().getParent());
    Files.writeString(
        file(),
        "%s failed (made to by pilot dev)%n{\"fault\": \"%s.injected\", \"severity\": \"%s\"}%n"
            .formatted(watchdog, watchdog, fatal ? "fatal" : "normal"));
  }

  void clear() throws IOException {
    Files.deleteIfExists(file());
  }

  private Path file() {
    return home.machine(machine).resolve("chassis/faults").resolve(watchdog);
  }
}
