package io.pilothouse.cli;

import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.pilothouse.api.v1.DeploymentReplica;
import io.pilothouse.api.v1.ListManifestsReply;
import io.pilothouse.api.v1.ListManifestsRequest;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.RegisterManifestRequest;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WriteContext;
import io.pilothouse.api.v1.WriteReply;
import io.pilothouse.filesync.Packer;
import io.pilothouse.filesync.Packer.Packed;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.client.Uploader;
import io.pilothouse.manifests.ContentSpec;
import io.pilothouse.manifests.LoadResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Brings a manifest or image directory to the Deployment Service and registers it: contents first,
 * so that whatever is registered can be had.
 */
public final class ContentUpload {

  /** Asks the Device Manager. */
  public interface Asking {
    <R extends Message> R ask(String method, Message request, Parser<R> parser);
  }

  /**
   * What was added.
   *
   * @param bytes of all files
   */
  public record Added(ContentSpec spec, VersionRef ref, int files, long bytes, long revision) {}

  private final Asking dm;
  private final Uploader.Progress progress;

  public ContentUpload(Asking dm, Uploader.Progress progress) {
    this.dm = dm;
    this.progress = progress;
  }

  /** Packs, uploads the chunks that are missing, registers. Doing it again changes nothing. */
  public Added add(Path dir, WriteContext context) throws IOException, InterruptedException {
    ContentSpec spec = load(dir);
    Packed packed = Packer.pack(dir);
    VersionRef ref =
        VersionRef.newBuilder()
            .setName(spec.name())
            .setVersion(spec.version())
            .setDigest(packed.index().digest())
            .build();
    ListManifestsReply known =
        dm.ask(
            "ListManifests",
            ListManifestsRequest.newBuilder().setName(spec.name()).build(),
            ListManifestsReply.parser());
    List<String> replicas =
        known.getReplicasList().stream()
            .filter(DeploymentReplica::getUp)
            .map(DeploymentReplica::getAddress)
            .toList();
    Optional<VersionRef> registered =
        known.getItemsList().stream()
            .map(Manifest::getRef)
            .filter(each -> each.getVersion().equals(ref.getVersion()))
            .filter(each -> each.getName().equals(ref.getName()))
            .findFirst();
    if (registered.isPresent() && !registered.get().getDigest().equals(ref.getDigest())) {
      throw ContentConflict.refusal(registered.get(), packed.index(), replicas);
    }
    if (replicas.isEmpty()) {
      throw new CliException(
          ExitCode.UNREACHABLE,
          "NO_DEPLOYMENT",
          "no deployment replica is up to take " + spec.name() + "@" + spec.version(),
          "start one, look at `pilot status`, then add it again");
    }
    new Uploader(Throttle.unlimited()).upload(packed, replicas, progress);
    int files = packed.index().files().size();
    Manifest manifest =
        Manifest.newBuilder()
            .setRef(ref)
            .setFiles(files)
            .setBytes(packed.index().bytes())
            .setImage(spec.image())
            .build();
    WriteReply reply =
        dm.ask(
            "RegisterManifest",
            RegisterManifestRequest.newBuilder().setManifest(manifest).setContext(context).build(),
            WriteReply.parser());
    return new Added(spec, ref, files, packed.index().bytes(), reply.getRevision());
  }

  private static ContentSpec load(Path dir) {
    return switch (ContentSpec.load(dir)) {
      case LoadResult.Loaded<ContentSpec> loaded -> loaded.value();
      case LoadResult.Rejected<ContentSpec> rejected ->
          throw new CliException(
              ExitCode.USAGE,
              "INVALID",
              String.join(
                  "\n",
                  rejected.problems().stream()
                      .map(each -> dir.resolve(".").normalize() + "/" + each)
                      .toList()),
              "correct the files in " + dir);
    };
  }
}
