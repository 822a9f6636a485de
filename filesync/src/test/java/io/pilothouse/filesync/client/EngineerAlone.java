package io.pilothouse.filesync.client;

import io.pilothouse.filesync.PackedFile;
import io.pilothouse.filesync.Packer;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.tls.HttpConnections;
import java.nio.file.Path;
import java.util.List;

/** What the command line does with contents, in a program with as much memory as it has. */
final class EngineerAlone {
  private EngineerAlone() {}

  public static void main(String[] words) throws Exception {
    ChildJvm.serve(EngineerAlone::run);
  }

  private static Object run(List<String> words) throws Exception {
    return switch (words.getFirst()) {
      case "pack" -> pack(words).index().digest();
      case "add" -> {
        PackedFile packed = pack(words);
        new Uploader(Throttle.unlimited(), HttpConnections.PLAIN)
            .upload(packed, List.of(words.get(3)), (done, total) -> {});
        yield packed.index().digest();
      }
      case "peak" -> AgentAlone.peak();
      default -> throw new IllegalArgumentException(words.toString());
    };
  }

  private static PackedFile pack(List<String> words) throws Exception {
    return Packer.pack(Path.of(words.get(1)), Path.of(words.get(2)));
  }
}
