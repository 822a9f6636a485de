package io.pilothouse.tasks.oci;

import io.pilothouse.filesync.ContentException;
import java.io.IOException;

/** An image that cannot be had, or a container of it that cannot be, in words for a framework. */
public final class ImageException extends IOException {
  private static final long serialVersionUID = 1;

  ImageException(String words) {
    super(ContentException.printable(words));
  }
}
