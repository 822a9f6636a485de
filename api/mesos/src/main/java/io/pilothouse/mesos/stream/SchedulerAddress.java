package io.pilothouse.mesos.stream;

import java.net.URI;
import java.net.URISyntaxException;

/** Where a scheduler takes calls. */
public final class SchedulerAddress {
  private static final String PATH = "/api/v1/scheduler";

  private SchedulerAddress() {}

  /**
   * Reads {@code host:port}, with {@code http://} or {@code https://} before it or not.
   *
   * @throws IllegalArgumentException naming what is wrong with the text
   */
  public static URI parse(String text) {
    URI uri;
    try {
      uri = new URI(text.contains("://") ? text : "http://" + text);
    } catch (URISyntaxException e) {
      throw bad(text, e.getReason());
    }
    if (!uri.getScheme().equals("http") && !uri.getScheme().equals("https")) {
      throw bad(text, "the scheme is neither http nor https");
    }
    if (uri.getHost() == null) {
      throw bad(text, "there is no host");
    }
    if (uri.getPort() < 1 || uri.getPort() > 65535) {
      throw bad(text, "the port is not within 1 to 65535");
    }
    if (uri.getUserInfo() != null) {
      throw bad(text.substring(text.indexOf('@') + 1), "a name and secret are given apart from it");
    }
    boolean bare = uri.getPath().isEmpty() || uri.getPath().equals("/");
    if (!(bare || uri.getPath().equals(PATH)) || uri.getQuery() != null) {
      throw bad(text, "nothing may follow the port");
    }
    return URI.create(uri.getScheme() + "://" + uri.getRawAuthority() + PATH);
  }

  private static IllegalArgumentException bad(String text, String why) {
    return new IllegalArgumentException(
        "bad address of a scheduler '" + text + "': " + why + "; expected host:port");
  }
}
