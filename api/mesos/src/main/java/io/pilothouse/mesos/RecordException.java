package io.pilothouse.mesos;

/** A stream that is no RecordIO, or holds a record that is longer than the reader takes. */
public final class RecordException extends Exception {
  RecordException(String message) {
    super(message);
  }
}
