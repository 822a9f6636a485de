package io.pilothouse.cli.content;

import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.pilothouse.api.v1.DeploymentReplica;
import io.pilothouse.api.v1.GetFleetReply;
import io.pilothouse.api.v1.GetFleetRequest;
import io.pilothouse.api.v1.ListManifestsReply;
import io.pilothouse.api.v1.ListManifestsRequest;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.RegisterManifestRequest;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WriteContext;
import io.pilothouse.api.v1.WriteReply;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.PackedFile;
import io.pilothouse.filesync.Packer;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.client.Uploader;
import io.pilothouse.manifests.ContentSpec;
import io.pilothouse.manifests.LoadResult;
import io.pilothouse.manifests.text.Problem;
import io.pilothouse.tls.HttpConnections;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Brings a directory to the Deployment Service and registers it as a version: contents first, so
 * that whatever is registered can be had; but the Device Manager is asked before that whether it
 * would take it.
 */
public final class ContentUpload {

  /** Asks the Device Manager. */
  public interface Asking {
    <R extends Message> R ask(String method, Message request, Parser<R> parser);
  }

  /** Told how it goes. */
  public interface Progress extends Uploader.Progress {
    /** What is in the directory is known. */
    default void packed(VersionRef ref, int files, long bytes) {}

    /** Something that is allowed and can hardly be meant. */
    default void warning(String text) {}
  }

  /**
   * What is to be added.
   *
   * @param kind what it must be; empty = what its documents say
   * @param key signs it
   */
  public record Wanted(Path dir, Optional<Thing> kind, Optional<SigningKey> key) {
    /** A directory as it is, unsigned. */
    public static Wanted of(Path dir) {
      return new Wanted(dir, Optional.empty(), Optional.empty());
    }
  }

  /** What was added. */
  public record Added(Manifest manifest, long revision) {
    public VersionRef ref() {
      return manifest.getRef();
    }
  }

  private final Asking dm;
  private final HttpConnections connections;
  private final Progress progress;

  /** Asks the Device Manager, and brings contents over the connections. */
  public ContentUpload(Asking dm, HttpConnections connections, Progress progress) {
    this.dm = dm;
    this.connections = connections;
    this.progress = progress;
  }

  /** Packs, uploads the chunks that are missing, registers. Doing it again changes nothing. */
  public Added add(Wanted wanted, WriteContext context) throws IOException, InterruptedException {
    ContentSpec spec = load(wanted.dir(), wanted.kind());
    Path index = Files.createTempFile("pilot", ".index");
    try {
      return add(spec, Packer.pack(wanted.dir(), index), wanted.key(), context);
    } finally {
      Files.delete(index);
    }
  }

  private Added add(
      ContentSpec spec, PackedFile packed, Optional<SigningKey> key, WriteContext context)
      throws IOException, InterruptedException {
    LinkCheck.check(packed.index()).forEach(progress::warning);
    Manifest manifest = signed(manifest(spec, packed), key);
    progress.packed(manifest.getRef(), manifest.getFiles(), manifest.getBytes());
    List<DeploymentReplica> replicas = requireTaken(manifest, packed);
    List<String> addresses = replicas.stream().map(DeploymentReplica::getAddress).toList();
    new Uploader(Throttle.unlimited(), connections).upload(packed, addresses, progress);
    WriteReply reply = register(manifest, context, false);
    return new Added(manifest, reply.getRevision());
  }

  private static Manifest manifest(ContentSpec spec, PackedFile packed) {
    return Manifest.newBuilder()
        .setRef(
            VersionRef.newBuilder()
                .setName(spec.name())
                .setVersion(spec.version())
                .setDigest(packed.index().digest()))
        .setFiles(packed.files())
        .setBytes(packed.bytes())
        .setThing(spec.thing())
        .setImage(spec.image())
        .build();
  }

  private Manifest signed(Manifest manifest, Optional<SigningKey> key) {
    if (key.isEmpty()) {
      return manifest;
    }
    GetFleetReply fleet =
        dm.ask("GetFleet", GetFleetRequest.getDefaultInstance(), GetFleetReply.parser());
    SigningKey.Signature signature =
        key.get().sign(manifest.getRef(), fleet.getFleet().getManifestKeysList());
    return manifest.toBuilder()
        .setSignature(signature.bytes())
        .setSignedBy(signature.key())
        .build();
  }

  /** Refuses before anything is sent; returns the replicas that are up. */
  private List<DeploymentReplica> requireTaken(Manifest manifest, PackedFile packed)
      throws IOException, InterruptedException {
    VersionRef ref = manifest.getRef();
    ListManifestsReply known =
        dm.ask(
            "ListManifests",
            ListManifestsRequest.newBuilder().setName(ref.getName()).build(),
            ListManifestsReply.parser());
    Optional<VersionRef> registered =
        known.getItemsList().stream()
            .map(Manifest::getRef)
            .filter(each -> each.getVersion().equals(ref.getVersion()))
            .filter(each -> each.getName().equals(ref.getName()))
            .findFirst();
    if (registered.isPresent() && !registered.get().getDigest().equals(ref.getDigest())) {
      ContentIndex fresh = ContentIndex.parse(Files.readAllBytes(packed.index().file()));
      throw ContentConflict.refusal(
          registered.get(), fresh, new Replicas(known.getReplicasList(), connections));
    }
    List<DeploymentReplica> replicas =
        known.getReplicasList().stream().filter(DeploymentReplica::getUp).toList();
    if (replicas.isEmpty()) {
      throw new CliException(
          ExitCode.UNREACHABLE,
          "NO_DEPLOYMENT",
          "no deployment replica is up to take " + ref.getName() + "@" + ref.getVersion(),
          "start one, look at `pilot status`, then add it again");
    }
    register(manifest, WriteContext.getDefaultInstance(), true);
    return replicas;
  }

  private WriteReply register(Manifest manifest, WriteContext context, boolean checkOnly) {
    return dm.ask(
        "RegisterManifest",
        RegisterManifestRequest.newBuilder()
            .setManifest(manifest)
            .setContext(context)
            .setCheckOnly(checkOnly)
            .build(),
        WriteReply.parser());
  }

  /** What a directory says that it is. */
  public static ContentSpec load(Path dir, Optional<Thing> kind) {
    return switch (ContentSpec.load(dir, kind)) {
      case LoadResult.Loaded<ContentSpec> loaded -> loaded.value();
      case LoadResult.Rejected<ContentSpec> rejected ->
          throw new CliException(
              ExitCode.USAGE,
              "INVALID",
              String.join(
                  "\n", rejected.problems().stream().map(each -> placed(dir, each)).toList()),
              "correct the files in " + dir);
    };
  }

  private static String placed(Path dir, Problem problem) {
    return dir.resolve(".").normalize() + "/" + problem;
  }
}
