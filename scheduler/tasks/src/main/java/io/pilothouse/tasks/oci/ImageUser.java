package io.pilothouse.tasks.oci;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Who an image's USER is, {@code NAME}, {@code UID}, or either with {@code :GROUP}, by its own
 * lists.
 */
final class ImageUser {
  private static final int LONGEST = 1 << 20;

  private ImageUser() {}

  /**
   * Looks it up.
   *
   * @param rootfs of the image
   * @throws ImageException when the image does not say who that is
   */
  static Ids of(String user, Path rootfs) throws IOException {
    if (user.isEmpty()) {
      return Ids.ROOT;
    }
    int colon = user.indexOf(':');
    String name = colon < 0 ? user : user.substring(0, colon);
    String group = colon < 0 ? "" : user.substring(colon + 1);
    RootPaths paths = new RootPaths(rootfs);
    List<String[]> users = lines(paths, "etc/passwd");
    List<String[]> all = lines(paths, "etc/group");
    Optional<String[]> entry =
        users.stream()
            .filter(each -> each.length > 3 && (each[0].equals(name) || each[2].equals(name)))
            .findFirst();
    int uid = entry.isPresent() ? number(entry.get()[2], user) : number(name, user);
    int gid;
    if (!group.isEmpty()) {
      Optional<String[]> named =
          all.stream().filter(each -> each.length > 2 && each[0].equals(group)).findFirst();
      gid = number(named.isPresent() ? named.get()[2] : group, user);
    } else {
      gid = entry.isPresent() ? number(entry.get()[3], user) : 0;
    }
    List<Integer> groups = new ArrayList<>();
    for (String[] each : group.isEmpty() && entry.isPresent() ? all : List.<String[]>of()) {
      if (each.length > 3 && List.of(each[3].split(",", -1)).contains(entry.get()[0])) {
        groups.add(number(each[2], user));
      }
    }
    return new Ids(uid, gid, groups);
  }

  private static int number(String text, String user) throws ImageException {
    try {
      int number = Integer.parseInt(text);
      if (number >= 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new ImageException(
        "its USER is '%s', whom its /etc/passwd and /etc/group do not name".formatted(user));
  }

  private static List<String[]> lines(RootPaths paths, String file) throws IOException {
    Optional<Path> at = paths.file(file);
    if (at.isEmpty() || Files.size(at.get()) > LONGEST) {
      return List.of();
    }
    List<String[]> lines = new ArrayList<>();
    // any byte is a character: names that are no text match nobody
    for (String each : Files.readAllLines(at.get(), StandardCharsets.ISO_8859_1)) {
      lines.add(each.strip().split(":", -1));
    }
    return lines;
  }
}
