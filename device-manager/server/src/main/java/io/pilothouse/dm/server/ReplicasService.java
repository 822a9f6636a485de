package io.pilothouse.dm.server;

import com.google.protobuf.UnsafeByteOperations;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.pilothouse.api.v1.BackupFile;
import io.pilothouse.api.v1.BeginBackupReply;
import io.pilothouse.api.v1.BeginBackupRequest;
import io.pilothouse.api.v1.ChangeMembersReply;
import io.pilothouse.api.v1.ChangeMembersRequest;
import io.pilothouse.api.v1.EndBackupReply;
import io.pilothouse.api.v1.EndBackupRequest;
import io.pilothouse.api.v1.GetMembersReply;
import io.pilothouse.api.v1.GetMembersRequest;
import io.pilothouse.api.v1.ReadBackupReply;
import io.pilothouse.api.v1.ReadBackupRequest;
import io.pilothouse.api.v1.ReplicasGrpc;
import io.pilothouse.api.v1.SetFeatureLevelReply;
import io.pilothouse.api.v1.SetFeatureLevelRequest;
import io.pilothouse.dm.raft.Backups;
import io.pilothouse.dm.raft.Replica;
import java.io.IOException;
import java.nio.ByteBuffer;

/** The replicas themselves: who they are and copies of their state. */
final class ReplicasService extends ReplicasGrpc.ReplicasImplBase {

  /** Of one answer; several a second do not hurt the log's disk. */
  private static final int PIECE = 4 << 20;

  private final Replica replica;
  private final MemberReads reads;
  private final MemberWrites writes;
  private final LevelWrites levels;

  ReplicasService(Replica replica, MemberReads reads, MemberWrites writes, LevelWrites levels) {
    this.replica = replica;
    this.reads = reads;
    this.writes = writes;
    this.levels = levels;
  }

  @Override
  public void getMembers(GetMembersRequest request, StreamObserver<GetMembersReply> call) {
    Answers.unary(call, reads::members);
  }

  @Override
  public void changeMembers(ChangeMembersRequest request, StreamObserver<ChangeMembersReply> call) {
    Answers.unary(call, () -> writes.change(request));
  }

  @Override
  public void setFeatureLevel(
      SetFeatureLevelRequest request, StreamObserver<SetFeatureLevelReply> call) {
    Answers.unary(call, () -> levels.set(request));
  }

  @Override
  public void beginBackup(BeginBackupRequest request, StreamObserver<BeginBackupReply> call) {
    Answers.unary(call, this::begin);
  }

  @Override
  public void readBackup(ReadBackupRequest request, StreamObserver<ReadBackupReply> call) {
    Answers.unary(call, () -> read(request));
  }

  @Override
  public void endBackup(EndBackupRequest request, StreamObserver<EndBackupReply> call) {
    Answers.unary(
        call,
        () -> {
          try {
            replica.backups().end(request.getBackup());
            return EndBackupReply.getDefaultInstance();
          } catch (IOException e) {
            throw failed(e);
          }
        });
  }

  private BeginBackupReply begin() {
    try {
      Backups.Begun begun =
          replica
              .backups()
              .begin()
              .orElseThrow(
                  () ->
                      Refusals.of(
                          Status.Code.RESOURCE_EXHAUSTED,
                          "other backups are being fetched from this replica",
                          "retry when they are done, or back up from another replica"));
      BeginBackupReply.Builder reply =
          BeginBackupReply.newBuilder()
              .setBackup(begun.id())
              .setManifest(begun.manifest().text())
              .setIndex(begun.manifest().index())
              .setReplica(begun.manifest().replica());
      begun
          .manifest()
          .files()
          .forEach(
              each ->
                  reply.addFiles(
                      BackupFile.newBuilder()
                          .setName(each.name())
                          .setSize(each.size())
                          .setSha256(each.sha256())));
      return reply.build();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private ReadBackupReply read(ReadBackupRequest request) {
    try {
      ByteBuffer bytes =
          replica
              .backups()
              .read(request.getBackup(), request.getFile(), request.getOffset(), PIECE)
              .orElseThrow(
                  () ->
                      Refusals.of(
                          Status.Code.NOT_FOUND,
                          "no backup '%s' with a file '%s' is here (any more)"
                              .formatted(request.getBackup(), request.getFile()),
                          "begin a new one"));
      return ReadBackupReply.newBuilder().setBytes(UnsafeByteOperations.unsafeWrap(bytes)).build();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private static RuntimeException failed(IOException e) {
    return Refusals.of(
        Status.Code.DATA_LOSS,
        "the copy cannot be made or read: " + e.getMessage(),
        "back up from another replica, and look at this one's disk");
  }
}
