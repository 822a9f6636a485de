package io.pilothouse.cli.fleet;

import io.pilothouse.api.v1.ListManifestsReply;
import io.pilothouse.api.v1.ListManifestsRequest;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.VersionUse;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Names;
import io.pilothouse.manifests.pattern.Near;
import java.util.List;

/** What commands about versions share: finding one by NAME@VERSION. */
abstract class ManifestQuery extends Command {

  /** A version and who needs it. */
  record Found(Manifest manifest, VersionUse use) {}

  final ListManifestsReply versions(String name) {
    return ask(
        "ListManifests",
        ListManifestsRequest.newBuilder().setName(name).build(),
        ListManifestsReply.parser());
  }

  /** One version of an answer; with near matches when it is not there. */
  static Found find(ListManifestsReply reply, String what) {
    requireVersion(what);
    List<String> known =
        reply.getItemsList().stream().map(each -> Names.ref(each.getRef())).toList();
    int at = known.indexOf(what);
    if (at < 0) {
      throw new CliException(
          ExitCode.FAILED,
          "NOT_FOUND",
          "there is no version " + what + Near.hint(what, known),
          known.isEmpty()
              ? "none is registered yet; add one: pilot manifest add DIR"
              : "`pilot manifest list` shows those there are");
    }
    return new Found(reply.getItems(at), use(reply, at));
  }

  static void requireVersion(String what) {
    if (what.indexOf('@') <= 0 || what.endsWith("@")) {
      throw CliException.usage(
          "\"" + what + "\" is not a version", "write NAME@VERSION, for example web@1.1.0");
    }
  }

  /** Who needs an item of the answer. */
  static VersionUse use(ListManifestsReply reply, int item) {
    return item < reply.getUsesCount() ? reply.getUses(item) : VersionUse.getDefaultInstance();
  }
}
