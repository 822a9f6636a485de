package io.pilothouse.scheduler.http;

import io.pilothouse.api.v1.SandboxReply;
import io.pilothouse.api.v1.SandboxRequest;
import io.pilothouse.mesos.http.Download;
import io.pilothouse.mesos.http.Exchange;
import java.time.Duration;
import java.util.Map;

/**
 * A file of a sandbox, all of it as it is when it is asked for: by looks of 64 KiB, one after the
 * other, each when the one before it is on its way. What is written to it meanwhile is left out. If
 * it becomes shorter, or its agent goes, the connection ends before its length is reached.
 */
final class FileDownload {
  private static final int PIECE = 64 << 10;

  /** While too many look into sandboxes, or none leads: half a minute. */
  private static final int MOST_TRIES = 60;

  private static final Duration PAUSE = Duration.ofMillis(500);
  private static final int UNAVAILABLE = 503;

  private final SandboxCalls files;
  private final Exchange exchange;
  private final String path;
  private long offset;
  private int tries;

  FileDownload(SandboxCalls files, Exchange exchange, String path) {
    this.files = files;
    this.exchange = exchange;
    this.path = path;
  }

  void begin() {
    files.ask(exchange, path, look(), this::begun);
  }

  private SandboxRequest.Builder look() {
    return SandboxRequest.newBuilder().setOffset(offset).setLength(PIECE);
  }

  private void begun(SandboxReply reply) {
    String file = path.replaceAll("/+$", "");
    String name = file.substring(file.lastIndexOf('/') + 1).replaceAll("[^ -~]|[\"\\\\]", "_");
    Download download =
        exchange.download(
            "application/octet-stream",
            reply.getSize(),
            Map.of("Content-Disposition", "attachment; filename=\"" + name + "\""));
    // the newest run may be another one by the next look
    String run = SandboxPath.ofRun(path, reply.getContainerId());
    come(download, run, reply);
  }

  private void come(Download download, String run, SandboxReply reply) {
    byte[] piece = reply.getData().toByteArray();
    if (piece.length == 0 && download.left() > 0) {
      download.cut();
      return;
    }
    offset += piece.length;
    tries = 0;
    download.send(piece, () -> next(download, run));
  }

  private void next(Download download, String run) {
    files.ask(
        exchange,
        run,
        look(),
        reply -> come(download, run, reply),
        (status, text) -> {
          if (status == UNAVAILABLE && ++tries < MOST_TRIES) {
            download.later(PAUSE, () -> next(download, run));
          } else {
            download.cut();
          }
        });
  }
}
