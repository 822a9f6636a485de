package io.pilothouse.cli.content;

import io.pilothouse.api.v1.DeploymentReplica;
import io.pilothouse.cli.content.Replica.Held;
import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.ContentIndex.FileEntry;
import io.pilothouse.tls.HttpConnections;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Asks each replica for every chunk of a content, a few at a time. Replicas look at their own disk
 * for the answer; deep, the bytes are fetched and hashed here, which finds what memory and network
 * did to them.
 */
public final class ReplicaAudit {

  /**
   * What one replica came to.
   *
   * @param trouble why it could not be asked to the end; empty = it was
   * @param lacks chunks that it does not have, or found damaged and gave up
   * @param damaged chunks that it sent wrongly
   * @param files that lie in either, by path
   */
  public record Report(
      String id, String trouble, List<String> lacks, List<String> damaged, List<String> files) {
    public Report {
      lacks = List.copyOf(lacks);
      damaged = List.copyOf(damaged);
      files = List.copyOf(files);
    }

    /** Whether all of it is there. */
    public boolean isSound() {
      return trouble.isEmpty() && lacks.isEmpty() && damaged.isEmpty();
    }
  }

  /** Few enough that a replica sheds nothing of it, and that their chunks fit in memory. */
  private static final int AT_ONCE = 8;

  /** Told about each chunk that was asked for, one call at a time. */
  public interface Progress {
    void asked(String replica, int done, int of);
  }

  private final String digest;
  private final boolean deep;
  private final HttpConnections connections;
  private final Progress progress;

  public ReplicaAudit(String digest, boolean deep, HttpConnections connections, Progress progress) {
    this.connections = connections;
    this.digest = digest;
    this.deep = deep;
    this.progress = progress;
  }

  /** In the order of the replicas that are up; without any of the index, chunks are not known. */
  public List<Report> run(List<DeploymentReplica> replicas) throws InterruptedException {
    Map<String, ContentIndex> indexes = new TreeMap<>();
    Map<String, String> why = new TreeMap<>();
    for (DeploymentReplica replica : replicas) {
      try {
        if (replica.getUp()) {
          indexes.put(replica.getId(), Replica.of(replica, connections).index(digest));
        }
      } catch (IOException e) {
        why.put(replica.getId(), String.valueOf(e.getMessage()));
      }
    }
    Optional<ContentIndex> index = indexes.values().stream().findFirst();
    List<Report> reports = new ArrayList<>();
    for (DeploymentReplica replica : replicas) {
      if (!replica.getUp()) {
        continue;
      }
      String trouble = why.getOrDefault(replica.getId(), "");
      reports.add(
          index.isEmpty()
              ? new Report(replica.getId(), trouble, List.of(), List.of(), List.of())
              : chunks(Replica.of(replica, connections), index.get(), trouble));
    }
    return reports;
  }

  private Report chunks(Replica replica, ContentIndex index, String trouble)
      throws InterruptedException {
    List<String> lacks = new ArrayList<>();
    List<String> damaged = new ArrayList<>();
    List<Chunk> chunks = index.chunks();
    Round round = new Round(replica, chunks);
    String why = trouble;
    try {
      round.run();
    } catch (IOException e) {
      why = why.isEmpty() ? "it stopped answering: " + e.getMessage() : why;
    }
    for (int i = 0; i < chunks.size(); i++) {
      Held held = round.held.get(i);
      if (held == Held.NO) {
        lacks.add(chunks.get(i).sha256());
      } else if (held == Held.DAMAGED) {
        damaged.add(chunks.get(i).sha256());
      }
    }
    Set<String> wrong = new HashSet<>(lacks);
    wrong.addAll(damaged);
    List<String> files =
        index.files().stream()
            .filter(each -> each.chunks().stream().anyMatch(c -> wrong.contains(c.sha256())))
            .map(FileEntry::path)
            .toList();
    return new Report(replica.id(), why, lacks, damaged, files);
  }

  /** All chunks of one replica: who is free takes the next. */
  private final class Round {
    private final Replica replica;
    private final List<Chunk> chunks;

    /** By the chunk's place; null while it is not known. */
    final AtomicReferenceArray<@Nullable Held> held;

    private final AtomicInteger next = new AtomicInteger();
    private final AtomicReference<@Nullable IOException> failure = new AtomicReference<>();
    private int done;

    Round(Replica replica, List<Chunk> chunks) {
      this.replica = replica;
      this.chunks = chunks;
      this.held = new AtomicReferenceArray<>(chunks.size());
    }

    /** Ends when all are asked for, or after the first question without an answer. */
    void run() throws IOException, InterruptedException {
      List<Callable<Void>> crew =
          Collections.nCopies(
              Math.min(AT_ONCE, chunks.size()),
              () -> {
                work();
                return null;
              });
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        for (Future<Void> each : threads.invokeAll(crew)) {
          each.get();
        }
      } catch (ExecutionException e) {
        throw new IllegalStateException("asking " + replica.id(), e.getCause());
      }
      IOException failed = failure.get();
      if (failed != null) {
        throw failed;
      }
    }

    private void work() throws InterruptedException {
      int i = next.getAndIncrement();
      while (i < chunks.size() && failure.get() == null) {
        try {
          held.set(i, deep ? replica.sends(chunks.get(i)) : replica.says(chunks.get(i)));
          asked();
        } catch (IOException e) {
          failure.compareAndSet(null, e);
        }
        i = next.getAndIncrement();
      }
    }

    private synchronized void asked() {
      progress.asked(replica.id(), ++done, chunks.size());
    }
  }
}
