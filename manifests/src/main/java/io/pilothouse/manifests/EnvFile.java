package io.pilothouse.manifests;

import io.pilothouse.manifests.text.Node;
import io.pilothouse.manifests.text.Place;
import io.pilothouse.manifests.text.Problems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * A file with lines {@code NAME=VALUE}: the value is all that follows, without quotes to take away;
 * empty lines and those that begin with {@code #} are skipped.
 */
record EnvFile(Path dir, String file, Problems problems) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

  static boolean isName(String text) {
    return NAME.matcher(text).matches();
  }

  /**
   * Its variables, those of bad lines left out after the problem was added.
   *
   * @param from where the manifest names it
   */
  Map<String, String> read(Place from) {
    Map<String, String> variables = new TreeMap<>();
    if (!Files.isRegularFile(dir.resolve(file))) {
      problems.add(from, "processes.env-files: there is no file " + Node.quote(file));
      return variables;
    }
    int number = 0;
    for (String line : FleetFiles.text(dir, file, problems).orElse("").lines().toList()) {
      number++;
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      int at = line.indexOf('=');
      String name = line.substring(0, Math.max(at, 0));
      if (at < 0) {
        // the line may be a password: only its place is told
        problems.add(
            new Place(file, number, 1), "it is no NAME=VALUE; write for example MODE=fast");
      } else if (!isName(name)) {
        problems.add(new Place(file, number, 1), Node.quote(name) + " cannot be a variable's name");
      } else if (variables.putIfAbsent(name, line.substring(at + 1)) != null) {
        problems.add(new Place(file, number, 1), "the variable " + name + " is there twice");
      }
    }
    return variables;
  }
}
