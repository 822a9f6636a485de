package io.pilothouse.cli.fleet;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.DeploymentReplica;
import io.pilothouse.api.v1.ListManifestsReply;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.cli.Json;
import java.util.List;
import java.util.Locale;

/** A version of a manifest or image as JSON and in words. */
final class ManifestView {
  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB"};

  private ManifestView() {}

  static void fill(ListManifestsReply reply, Manifest manifest, ObjectNode node) {
    node.put("name", manifest.getRef().getName())
        .put("version", manifest.getRef().getVersion())
        .put("kind", kind(manifest))
        .put("digest", manifest.getRef().getDigest())
        .put("files", manifest.getFiles())
        .put("bytes", manifest.getBytes());
    Json.time(node, "added_at", manifest.getAddedAt());
    node.put("principal", manifest.getPrincipal());
    Json.strings(node, "held_by", heldBy(reply, manifest));
  }

  static String kind(Manifest manifest) {
    return Things.word(Things.of(manifest));
  }

  /** Replicas that are up and hold all of it. */
  static List<String> heldBy(ListManifestsReply reply, Manifest manifest) {
    return reply.getReplicasList().stream()
        .filter(DeploymentReplica::getUp)
        .filter(each -> each.getHeldList().contains(manifest.getRef().getDigest()))
        .map(DeploymentReplica::getId)
        .toList();
  }

  /** {@code 1.4 MiB}. */
  static String size(long bytes) {
    double size = bytes;
    int unit = 0;
    while (size >= 1024 && unit < UNITS.length - 1) {
      size /= 1024;
      unit++;
    }
    return unit == 0 ? bytes + " B" : String.format(Locale.ROOT, "%.1f %s", size, UNITS[unit]);
  }
}
