package io.pilothouse.cli.offers;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.ReadTaskFileReply;
import io.pilothouse.api.v1.ReadTaskFileRequest;
import java.io.PrintStream;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Prints a file of a task's sandbox a piece at a time, byte for byte. It knows how far it came, so
 * that it goes on there when the one who is asked is another one.
 */
final class TaskFileReader {
  private static final int PIECE = 64 << 10;

  /** What there is to do next. */
  enum Next {
    /** There may be more at once. */
    READ,
    /** All that is there was printed; more may come. */
    WAIT,
    /** And no more will come. */
    END
  }

  /** Asks for one piece. */
  interface Pieces extends Function<ReadTaskFileRequest, ReadTaskFileReply> {}

  private final ReadTaskFileRequest.Builder question;
  private final PrintStream out;
  private final Consumer<String> note;
  private long at;
  private boolean heard;
  private long heardAt;

  /**
   * @param question whose file, and which
   * @param note told what is no part of the file
   */
  TaskFileReader(ReadTaskFileRequest.Builder question, PrintStream out, Consumer<String> note) {
    this.question = question;
    this.out = out;
    this.note = note;
  }

  /** Begins so many lines before the end. */
  void skipToLast(long lines, Pieces pieces) {
    long size = ask(pieces, 0, 0).getSize();
    long end = size;
    long left = lines;
    at = lines == 0 ? size : 0;
    while (left > 0 && end > 0) {
      long from = Math.max(0, end - PIECE);
      ByteString piece = ask(pieces, from, (int) (end - from)).getData();
      for (int i = piece.size() - 1; i >= 0; i--) {
        // the line feed at the very end belongs to the last line
        if (piece.byteAt(i) == '\n' && from + i != size - 1 && --left == 0) {
          at = from + i + 1;
          return;
        }
      }
      end = from;
    }
  }

  /** All that is there now; what is written meanwhile need not be. */
  void printAll(Pieces pieces) {
    long end = -1;
    while (end < 0 || at < end) {
      ReadTaskFileReply reply = ask(pieces, at, PIECE);
      end = end < 0 ? reply.getSize() : end;
      print(reply.getData());
      if (reply.getData().isEmpty() || out.checkError()) {
        return;
      }
    }
  }

  /** One piece of a file that may grow. */
  Next printNext(Pieces pieces) {
    ReadTaskFileReply reply = ask(pieces, at, PIECE);
    if (reply.getSize() < at) {
      note.accept(
          "%s was begun anew after %d bytes: what was written in between may be missing"
              .formatted(question.getPath(), at));
      at = 0;
      return Next.READ;
    }
    print(reply.getData());
    if (out.checkError()) {
      return Next.END; // who read this is gone
    }
    if (!reply.getData().isEmpty()) {
      return Next.READ;
    }
    return reply.getOver() ? Next.END : Next.WAIT;
  }

  private ReadTaskFileReply ask(Pieces pieces, long offset, int length) {
    ReadTaskFileReply reply = pieces.apply(question.setOffset(offset).setLength(length).build());
    heard = true;
    heardAt = System.nanoTime();
    // another task of the same id is another file
    question
        .getOfBuilder()
        .setFramework(reply.getOf().getFramework())
        .setContainer(reply.getOf().getContainer());
    return reply;
  }

  /** Whether there was any answer yet. */
  boolean hasHeard() {
    return heard;
  }

  /** When an answer came last, by System.nanoTime. */
  long heardAt() {
    return heardAt;
  }

  private void print(ByteString data) {
    byte[] bytes = data.toByteArray();
    out.write(bytes, 0, bytes.length);
    out.flush();
    at += bytes.length;
  }
}
