package io.pilothouse.scheduler.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Principals and their secrets, for HTTP's Basic authentication. */
public final class Credentials {
  private final Map<String, byte[]> secrets = new HashMap<>();

  public Credentials(Map<String, String> byPrincipal) {
    byPrincipal.forEach(
        (principal, secret) -> secrets.put(principal, secret.getBytes(StandardCharsets.UTF_8)));
  }

  /** A principal and a secret on each line, with white space between, as Mesos has them. */
  public static Credentials read(Path file) throws IOException {
    for (PosixFilePermission each : Files.getPosixFilePermissions(file)) {
      if (each == PosixFilePermission.GROUP_READ || each == PosixFilePermission.OTHERS_READ) {
        throw new IOException(file + ": others may read the secrets in it: chmod 600 " + file);
      }
    }
    Map<String, String> found = new HashMap<>();
    int number = 0;
    // any byte is a character here: so a line that is no text can be named
    for (String bytes : Files.readAllLines(file, StandardCharsets.ISO_8859_1)) {
      number++;
      String line = text(bytes, "%s:%d".formatted(file, number));
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      String[] words = line.strip().split("\\s+", -1);
      if (words.length != 2) {
        throw new IOException(
            "%s:%d: expected a principal and a secret, separated by a blank"
                .formatted(file, number));
      }
      found.put(words[0], words[1]);
    }
    return new Credentials(found);
  }

  private static String text(String bytes, String place) throws IOException {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes.getBytes(StandardCharsets.ISO_8859_1)))
          .toString();
    } catch (CharacterCodingException e) {
      throw new IOException(place + ": it is no text in UTF-8; write it anew", e);
    }
  }

  /** Who the header proves to be. */
  Optional<String> principal(@Nullable String authorization) {
    if (authorization == null || !authorization.startsWith("Basic ")) {
      return Optional.empty();
    }
    byte[] decoded;
    try {
      decoded = Base64.getDecoder().decode(authorization.substring("Basic ".length()).strip());
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
    String pair = new String(decoded, StandardCharsets.UTF_8);
    int colon = pair.indexOf(':');
    if (colon < 0) {
      return Optional.empty();
    }
    String principal = pair.substring(0, colon);
    byte[] secret = pair.substring(colon + 1).getBytes(StandardCharsets.UTF_8);
    byte @Nullable [] known = secrets.get(principal);
    return known != null && MessageDigest.isEqual(known, secret)
        ? Optional.of(principal)
        : Optional.empty();
  }
}
