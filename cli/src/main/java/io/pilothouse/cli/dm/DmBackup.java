package io.pilothouse.cli.dm;

import io.pilothouse.api.v1.BackupFile;
import io.pilothouse.api.v1.BeginBackupReply;
import io.pilothouse.api.v1.BeginBackupRequest;
import io.pilothouse.api.v1.EndBackupReply;
import io.pilothouse.api.v1.EndBackupRequest;
import io.pilothouse.api.v1.GetMembersReply;
import io.pilothouse.api.v1.GetMembersRequest;
import io.pilothouse.api.v1.ReplicaMember;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.NewDirectory;
import io.pilothouse.client.DmException;
import io.pilothouse.client.LightClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Copies the state of one replica while all go on. */
@CommandLine.Command(
    name = "backup",
    description = {
      "Copies the Device Manager's state into DIR while it works: of a follower, when there is one.",
      "DIR appears when it is whole; `pilot dm restore` makes a new cluster of it."
    })
final class DmBackup extends Command {

  private static final Duration PATIENCE = Duration.ofMinutes(1);

  @Parameters(paramLabel = "DIR", description = "a new directory", arity = "0..1")
  @Nullable Path dir;

  @Option(
      names = "--from",
      paramLabel = "ID",
      description = "this replica's (default: a follower's)")
  String from = "";

  @Override
  protected ExitCode run() throws IOException {
    @Nullable Path target = dir;
    if (target == null) {
      throw CliException.usage("no DIR is named for the backup", "pilot dm backup DIR");
    }
    NewDirectory.requireNew(target);
    ReplicaMember replica = choose();
    LightClient client = client(List.of(replica.getHttpAddress()));
    BeginBackupReply begun =
        client.call(
            DmMembers.SERVICE + "BeginBackup",
            BeginBackupRequest.getDefaultInstance(),
            BeginBackupReply.parser(),
            PATIENCE,
            PATIENCE);
    long bytes = begun.getFilesList().stream().mapToLong(BackupFile::getSize).sum();
    say(
        "copying the state of %s at index %d: %d files, %d KiB"
            .formatted(
                begun.getReplica(), begun.getIndex(), begun.getFilesCount(), (bytes + 1023) >> 10));
    try (BackupDirectory unfinished = new BackupDirectory(target)) {
      for (BackupFile file : begun.getFilesList()) {
        unfinished.fetch(file, client, begun.getBackup());
      }
      unfinished.finish(begun.getManifest());
    } finally {
      end(client, begun.getBackup());
    }
    show(
        () ->
            Json.object()
                .put("directory", target.toString())
                .put("replica", begun.getReplica())
                .put("index", begun.getIndex())
                .put("files", begun.getFilesCount())
                .put("bytes", bytes),
        () ->
            "%s holds the state of %s at index %d"
                .formatted(target, begun.getReplica(), begun.getIndex()),
        () -> List.of(target.toString()));
    return ExitCode.DONE;
  }

  /** The replica forgets the copy by itself, only later. */
  private void end(LightClient client, String backup) {
    try {
      client.call(
          DmMembers.SERVICE + "EndBackup",
          EndBackupRequest.newBuilder().setBackup(backup).build(),
          EndBackupReply.parser(),
          timeout());
    } catch (DmException | io.pilothouse.client.UnreachableException e) {
      say("the replica keeps its copy for another ten minutes: " + e.getMessage());
    }
  }

  private ReplicaMember choose() {
    GetMembersReply members =
        ask(
            DmMembers.SERVICE + "GetMembers",
            GetMembersRequest.getDefaultInstance(),
            GetMembersReply.parser());
    return members.getMembersList().stream()
        .filter(each -> each.getUp() && (from.isEmpty() || each.getId().equals(from)))
        .min(
            Comparator.comparing(ReplicaMember::getLeader)
                .thenComparing(Comparator.comparingLong(ReplicaMember::getMatched).reversed()))
        .orElseThrow(
            () ->
                new CliException(
                    ExitCode.FAILED,
                    "NOT_FOUND",
                    "no replica \"%s\" is up".formatted(from),
                    "pilot dm members lists them"));
  }
}
