package io.pilothouse.tasks.oci;

import io.pilothouse.filesync.Sha256;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * An image's name as Docker's tools write it, {@code [registry/]repository[:tag][@sha256:HEX]}. The
 * default registry and its {@code library/} are left out, so that {@code busybox} and {@code
 * docker.io/library/busybox:latest} are the same.
 *
 * @param tag {@code latest} unless it or a digest is written; empty beside a digest without one
 * @param digest of the image's manifest or configuration, in lower-case hex
 */
record ImageName(String repository, String tag, Optional<String> digest) {
  private static final Pattern FORM =
      Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*(:[0-9]+)?(/[A-Za-z0-9][A-Za-z0-9._-]*)*");
  private static final Pattern TAG = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,127}");
  private static final List<String> DEFAULTS =
      List.of("docker.io/", "index.docker.io/", "registry-1.docker.io/");
  private static final String LIBRARY = "library/";
  private static final String LATEST = "latest";
  private static final String DIGEST = "@sha256:";
  private static final int LONGEST = 512;

  /**
   * Reads one.
   *
   * @throws ImageException when it can be no image's
   */
  static ImageName of(String text) throws ImageException {
    Optional<ImageName> name = read(text);
    if (name.isEmpty()) {
      throw new ImageException(
          "'%s' is no image's name: write repository:tag, or repository@sha256: and 64 hex digits"
              .formatted(shown(text)));
    }
    return name.get();
  }

  /** The same of what an archive says; empty for what is no name. */
  static Optional<ImageName> read(String text) {
    int at = text.indexOf('@');
    String plain = at < 0 ? text : text.substring(0, at);
    Optional<String> digest = Optional.empty();
    if (at >= 0) {
      String hex = text.substring(at).startsWith(DIGEST) ? text.substring(at + 8) : "";
      digest = Optional.of(hex.toLowerCase(Locale.ROOT)).filter(Sha256::isHex);
      if (digest.isEmpty()) {
        return Optional.empty();
      }
    }
    int colon = plain.lastIndexOf(':');
    boolean tagged = colon > plain.lastIndexOf('/');
    String tag = tagged ? plain.substring(colon + 1) : digest.isPresent() ? "" : LATEST;
    String repository = tagged ? plain.substring(0, colon) : plain;
    boolean right =
        text.length() <= LONGEST
            && FORM.matcher(repository).matches()
            && (!tagged || TAG.matcher(tag).matches());
    return right ? Optional.of(new ImageName(usual(repository), tag, digest)) : Optional.empty();
  }

  private static String usual(String repository) {
    String name = repository;
    for (String each : DEFAULTS) {
      if (name.startsWith(each)) {
        name = name.substring(each.length());
        break;
      }
    }
    return name.startsWith(LIBRARY) ? name.substring(LIBRARY.length()) : name;
  }

  /**
   * Whether this, which somebody asks for, is held under another name; digests are not looked at.
   */
  boolean asksFor(ImageName held) {
    return repository.equals(held.repository) && (tag.isEmpty() || tag.equals(held.tag));
  }

  private static String shown(String text) {
    String plain = text.replaceAll("\\p{Cc}", "?");
    return plain.length() <= LONGEST ? plain : plain.substring(0, LONGEST) + "...";
  }

  @Override
  public String toString() {
    return repository
        + (tag.isEmpty() ? "" : ":" + tag)
        + digest.map(each -> DIGEST + each).orElse("");
  }
}
