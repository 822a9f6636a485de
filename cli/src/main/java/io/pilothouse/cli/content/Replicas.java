package io.pilothouse.cli.content;

import io.pilothouse.api.v1.DeploymentReplica;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Names;
import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.ContentIndex.FileEntry;
import io.pilothouse.tls.HttpConnections;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Looks into contents without bringing them here: from the first replica with sound bytes. */
public final class Replicas {
  private final List<Replica> up;

  public Replicas(List<DeploymentReplica> replicas, HttpConnections connections) {
    this.up =
        replicas.stream()
            .filter(DeploymentReplica::getUp)
            .map(each -> Replica.of(each, connections))
            .toList();
  }

  private interface Question<T> {
    T ask(Replica replica) throws IOException, InterruptedException;
  }

  /** The index of a version, or empty when no replica that answers has it. */
  public Optional<ContentIndex> index(VersionRef ref) throws InterruptedException {
    try {
      return Optional.of(first("index " + ref.getDigest(), each -> each.index(ref.getDigest())));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** As {@link #index}, which the command cannot do without. */
  public ContentIndex indexOf(VersionRef ref) throws InterruptedException {
    return index(ref)
        .orElseThrow(
            () ->
                new CliException(
                    ExitCode.FAILED,
                    "NOT_HELD",
                    "no deployment replica that is up has the contents of " + Names.ref(ref),
                    "look at `pilot status`; adding its directory again brings them back"));
  }

  /** A whole file. */
  public byte[] file(FileEntry file) throws IOException, InterruptedException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (Chunk chunk : file.chunks()) {
      bytes.write(first("chunk " + chunk.sha256(), each -> each.chunk(chunk)));
    }
    return bytes.toByteArray();
  }

  private <T> T first(String what, Question<T> question) throws IOException, InterruptedException {
    List<String> why = new ArrayList<>();
    for (Replica replica : up) {
      try {
        return question.ask(replica);
      } catch (IOException e) {
        why.add(String.valueOf(e.getMessage()));
      }
    }
    throw new ContentException("no replica sent %s (%s)".formatted(what, String.join("; ", why)));
  }
}
