package io.pilothouse.agent;

import io.pilothouse.manifests.ProcessSpec.Logs;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A process's log. A small shell beside each process takes its output and begins a new file at the
 * byte where the old one is full, so that not even a flood is more than the bounds allow. It lives
 * as long as the process, whatever becomes of the agent; when the disk is full it drops what it
 * cannot write, so that the process is never held up by its log.
 */
record ProcessLog(Path file, Logs bounds) {
  private static final String PUMP =
      """
      log=$1 max=$2 keep=$3
      command -v stdbuf >/dev/null || stdbuf() { shift; "$@"; }
      size() { stat -c %s "$log" 2>/dev/null || echo 0; }
      next() {
        i=$keep
        while [ "$i" -gt 1 ]; do
          older=$((i - 1))
          if [ -e "$log.$older" ]; then mv -f "$log.$older" "$log.$i"; fi
          i=$older
        done
        mv -f "$log" "$log.1"
      }
      has=$(size)
      while :; do
        if [ "$has" -ge "$max" ]; then next; has=0; fi
        if stdbuf -o0 head -c $((max - has)) >>"$log"; then
          has=$(size)
          if [ "$has" -lt "$max" ]; then
            # the output has ended, or somebody cut the file
            more=$(head -c 1 | tee -a "$log" | wc -c)
            [ "$more" -gt 0 ] || exit 0
            has=$(size)
          fi
        else
          lost=$(head -c 65536 | wc -c)
          [ "$lost" -gt 0 ] || exit 0
          has=$(size)
        fi
      done
      """;

  /** Of short lines such as hooks. */
  static final Logs SMALL = new Logs(1 << 20, 1);

  /** Starts a process whose output goes here. */
  Process start(ProcessBuilder builder) throws IOException {
    Files.createDirectories(file.getParent());
    // in a session of its own: it must outlive the process by its last words
    ProcessBuilder pump =
        new ProcessBuilder(
                "setsid",
                "/bin/sh",
                "-c",
                PUMP,
                "pilot-log",
                file.toString(),
                Long.toString(bounds.maxSize()),
                Integer.toString(bounds.keep()))
            .directory(file.getParent().toFile())
            .redirectOutput(Redirect.DISCARD)
            .redirectError(Redirect.DISCARD);
    return ProcessBuilder.startPipeline(List.of(builder, pump)).getFirst();
  }
}
