package io.pilothouse.filesync.server;

import com.sun.net.httpserver.HttpExchange;
import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.server.Transfers.Transfer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;

/** Takes the body of a request. */
final class Receiving {
  private static final int PIECE = 64 << 10;

  private Receiving() {}

  static byte[] body(HttpExchange exchange, Transfer transfer, int most) throws IOException {
    try (InputStream in = exchange.getRequestBody()) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      byte[] buffer = new byte[PIECE];
      int read = transfer.waiting(() -> in.read(buffer));
      while (read >= 0) {
        bytes.write(buffer, 0, read);
        if (bytes.size() > most) {
          throw new ContentException("the body has more than " + most + " bytes");
        }
        read = transfer.waiting(() -> in.read(buffer));
      }
      return bytes.toByteArray();
    }
  }
}
