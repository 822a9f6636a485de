package io.pilothouse.examples.farm;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URL;
import java.nio.file.Path;

/** How the farm's servers are started, and looked at. */
public final class Servers {
  private static final int PATIENCE_MS = 300;

  private Servers() {}

  /**
   * A {@link WebServer} by this program's own Java and classes, which emulated machines have, too.
   *
   * @param millis that a request takes
   * @param atOnce requests that are worked on at once
   */
  public static String command(int millis, int atOnce) {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    // it needs the JDK and itself, so where it is will do
    URL classes = WebServer.class.getProtectionDomain().getCodeSource().getLocation();
    return "exec '%s' -Xmx24m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp '%s' %s \"$PORT\" %d %d"
        .formatted(java, classes.getPath(), WebServer.class.getName(), millis, atOnce);
  }

  /** Whether it says that it is well. */
  public static boolean answers(String host, int port) {
    try {
      HttpURLConnection connection =
          (HttpURLConnection)
              URI.create("http://%s:%d/healthz".formatted(host, port)).toURL().openConnection();
      connection.setConnectTimeout(PATIENCE_MS);
      connection.setReadTimeout(PATIENCE_MS);
      try {
        return connection.getResponseCode() == 200;
      } finally {
        connection.disconnect();
      }
    } catch (IOException e) {
      return false; // it does not listen yet
    }
  }
}
