package io.pilothouse.filesync.server;

import com.sun.net.httpserver.HttpExchange;
import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.server.Transfers.Transfer;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Takes the body of a request. */
final class Receiving {
  private static final int PIECE = 64 << 10;

  private Receiving() {}

  /** The body as a stream, for what does not fit into memory; what is too long breaks off. */
  static InputStream stream(HttpExchange exchange, Transfer transfer, long most) {
    return new FilterInputStream(exchange.getRequestBody()) {
      private long left = most;

      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] buffer, int from, int length) throws IOException {
        int read = transfer.waiting(() -> in.read(buffer, from, length));
        left -= Math.max(0, read);
        if (left < 0) {
          throw new ContentException("the body has more than " + most + " bytes");
        }
        return read;
      }
    };
  }

  /** Takes what is left of a body that is refused: unread, the peer would not read the answer. */
  static void drain(HttpExchange exchange, int most) throws IOException {
    byte[] buffer = new byte[PIECE];
    InputStream in = exchange.getRequestBody();
    int left = most;
    for (int read = 0; read >= 0 && left > 0; left -= read) {
      read = in.read(buffer);
    }
  }

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
