package io.pilothouse.tasks.oci;

import com.fasterxml.jackson.databind.JsonNode;
import io.pilothouse.filesync.Sha256;
import java.util.ArrayList;
import java.util.List;

/**
 * What an image says of the program that it was made for (OCI image specification, "Image
 * Configuration").
 *
 * @param environment {@code NAME=VALUE}
 * @param user of the image, as its author wrote it; empty for none
 * @param directory that it starts in; empty for none
 * @param diffs SHA-256 of each layer as it is unpacked, from below
 */
record ImageConfig(
    List<String> entrypoint,
    List<String> command,
    List<String> environment,
    String user,
    String directory,
    List<String> diffs) {
  private static final String PREFIX = "sha256:";

  /**
   * Reads it.
   *
   * @param architecture of this machine, as Go calls it
   * @throws ImageException when it is for another machine, or is none
   */
  static ImageConfig of(JsonNode json, String architecture) throws ImageException {
    String os = json.path("os").asText("linux");
    String built = json.path("architecture").asText(architecture);
    if (!os.equals("linux") || !built.equals(architecture)) {
      throw new ImageException(
          "it is for %s on %s, and this machine is linux on %s: build it for that one"
              .formatted(os, built, architecture));
    }
    JsonNode config = json.path("config");
    List<String> diffs = new ArrayList<>();
    for (String each : texts(json.path("rootfs").path("diff_ids"))) {
      diffs.add(hex(each));
    }
    return new ImageConfig(
        texts(config.path("Entrypoint")),
        texts(config.path("Cmd")),
        texts(config.path("Env")),
        config.path("User").asText(""),
        config.path("WorkingDir").asText(""),
        diffs);
  }

  static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(each -> texts.add(each.asText()));
    return List.copyOf(texts);
  }

  /** Of {@code sha256:HEX}, the only algorithm that is served. */
  static String hex(String digest) throws ImageException {
    String hex = digest.startsWith(PREFIX) ? digest.substring(PREFIX.length()) : "";
    if (!Sha256.isHex(hex)) {
      throw new ImageException(
          "it names content by \"%s\": only sha256: and 64 hex digits are known here"
              .formatted(digest));
    }
    return hex;
  }
}
