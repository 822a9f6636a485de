package io.pilothouse.manifests;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.ContentPolicy;
import io.pilothouse.api.v1.ManifestKey;
import io.pilothouse.manifests.signing.PublicKeys;
import io.pilothouse.manifests.table.ObjectTable;
import io.pilothouse.manifests.table.Shape;
import io.pilothouse.manifests.table.Shapes;
import io.pilothouse.manifests.table.Units;
import java.util.List;

/** Fields of a Cluster that say who signs versions, and how many of them are kept. */
final class SigningTable {
  private static final int MOST_VERSIONS = 100_000;

  private SigningTable() {}

  static Shape<List<ManifestKey.Builder>> keys() {
    return Shapes.list(Shapes.object(key(), ManifestKey::newBuilder));
  }

  private static ObjectTable<ManifestKey.Builder> key() {
    return ObjectTable.<ManifestKey.Builder>of()
        .required("name", Shapes.name("release"), ManifestKey.Builder::setName, "Its name.")
        .required(
            "public",
            publicKey(),
            ManifestKey.Builder::setEd25519,
            "Ed25519 public key in base64, as `pilot manifest keygen` prints it.");
  }

  private static Shape<ByteString> publicKey() {
    Shape<String> text =
        Shapes.matching(
            "[A-Za-z0-9+/]{43}=",
            "\"11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"",
            "a public key; write the 44 characters that `pilot manifest keygen` printed");
    return Shapes.parsed(
        text,
        text::schema,
        (node, value, reading) -> {
          var key = PublicKeys.parse(value);
          if (key.isEmpty()) {
            reading.problem(
                node.place(),
                "%s is not an Ed25519 public key; print it again: pilot manifest keygen"
                    .formatted(node.words()));
          }
          return key.map(ByteString::copyFrom);
        });
  }

  static ObjectTable<ContentPolicy.Builder> contents() {
    return ObjectTable.<ContentPolicy.Builder>of()
        .optional(
            "require-signature",
            Shapes.flag(),
            ContentPolicy.Builder::setRequireSignature,
            "Whether a version must be signed by one of manifest-keys to be registered and rolled"
                + " out; default false.")
        .optional(
            "most-bytes",
            Units.size(),
            ContentPolicy.Builder::setMostBytes,
            "Largest version; default no limit.")
        .optional(
            "most-versions",
            Shapes.count(1, MOST_VERSIONS),
            ContentPolicy.Builder::setMostVersions,
            "Most versions of one name; default no limit.")
        .optional(
            "most-total",
            Units.size(),
            ContentPolicy.Builder::setMostTotalBytes,
            "Most bytes of all versions of one name; default no limit.");
  }
}
